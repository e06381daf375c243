package cost

import (
	"fmt"
	"math"
	"time"

	"github.com/kopterio/kopter/usage"
)

// Bucket is the width of a row of the graph. All are in UTC.
type Bucket uint8

// The widths of a row.
const (
	Hour Bucket = iota
	Day
	Month
	Total // one row for all of time
)

var bucketNames = [...]string{Hour: "hour", Day: "day", Month: "month", Total: "total"}

// String gives the bucket's name as it is written on the command line.
func (b Bucket) String() string { return bucketNames[b] }

// ParseBucket reads "hour", "day", "month" or "total".
func ParseBucket(s string) (Bucket, error) {
	for b, name := range bucketNames {
		if s == name {
			return Bucket(b), nil
		}
	}
	return 0, fmt.Errorf("step %q: want hour, day, month or total", s)
}

const (
	secondsPerHour = 3600
	secondsPerDay  = 86400
)

// index is the number of the bucket that holds t; 0 ≤ t. Adjacent buckets have
// adjacent numbers.
func (b Bucket) index(t usage.Seconds) int {
	switch b {
	case Hour:
		return int(t / secondsPerHour)
	case Day:
		return int(t / secondsPerDay)
	case Month:
		year, month, _ := time.Unix(t, 0).UTC().Date()
		return (year-1970)*12 + int(month) - 1
	}
	return 0
}

// start is the first second of bucket i, and so one past the last of i-1.
func (b Bucket) start(i int) usage.Seconds {
	switch b {
	case Hour:
		return int64(i) * secondsPerHour
	case Day:
		return int64(i) * secondsPerDay
	case Month:
		return time.Date(1970, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	if i <= 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

// hours is how many hours long bucket i is. A Total has no length: nothing
// fills it whole.
func (b Bucket) hours(i int) int64 {
	switch b {
	case Hour:
		return 1
	case Day:
		return 24
	case Month:
		return (b.start(i+1) - b.start(i)) / secondsPerHour
	}
	return 0
}
