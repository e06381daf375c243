package cloudtrail

// Limits bound what a Reader spends on one source. A zero field means the
// default.
type Limits struct {
	// Inflated is how many bytes a compressed source may inflate to. A log
	// file of 50 MB, the most that CloudTrail delivers, inflates to some 0.7
	// GB.
	Inflated int64
	// Ratio is how many times its own size a compressed source may inflate
	// to, once it is past RatioFloor. JSON compresses 10 to 50 times, a bomb
	// a thousand times.
	Ratio int64
	// RatioFloor is how many bytes any source may inflate to, whatever the
	// ratio.
	RatioFloor int64
	// Depth is how deep the objects and arrays of a record may nest.
	Depth int
	// Record is the length of the longest record, in bytes. CloudTrail's own
	// limit is 256 KB; wrapped in a string it may double.
	Record int64
	// Broken is how many Broken one file may yield one by one; what follows
	// is counted and reported as one.
	Broken int
	// Spool is the size of the largest zip archive that is read into memory
	// because its source has no At, in bytes.
	Spool int64
}

// DefaultLimits are the limits for files that nobody vouches for: generous to
// anything CloudTrail or its users produce, and in sum a few megabytes of
// memory per Reader (Spool aside).
func DefaultLimits() Limits {
	return Limits{
		Inflated:   16 << 30,
		Ratio:      200,
		RatioFloor: 64 << 20,
		Depth:      100,
		Record:     4 << 20,
		Broken:     1000,
		Spool:      64 << 20,
	}
}

// filled gives l with the defaults in place of its zeros.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	l.Inflated = orDefault(l.Inflated, d.Inflated)
	l.Ratio = orDefault(l.Ratio, d.Ratio)
	l.RatioFloor = orDefault(l.RatioFloor, d.RatioFloor)
	l.Depth = orDefault(l.Depth, d.Depth)
	l.Record = orDefault(l.Record, d.Record)
	l.Broken = orDefault(l.Broken, d.Broken)
	l.Spool = orDefault(l.Spool, d.Spool)
	return l
}

func orDefault[T int | int64](v, d T) T {
	if v > 0 {
		return v
	}
	return d
}
