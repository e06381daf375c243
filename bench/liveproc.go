package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// consumption is what a running process takes, as Linux tells.
type consumption struct {
	at       time.Time
	resident int64         // bytes
	cpu      time.Duration // since it began, user and system, of all cores
	files    int           // open descriptors
}

// tick is the unit of processor time in /proc, USER_HZ: 100 in a second on
// every platform that Linux has today (man 5 proc).
const tick = 10 * time.Millisecond

// consumptionOf reads what a process takes now.
func consumptionOf(pid int) (consumption, error) {
	c := consumption{at: time.Now()}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return c, fmt.Errorf("what a server takes is only measured on Linux: %w", err)
	}
	if err := c.read(text); err != nil {
		return c, err
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	c.files = len(open)
	return c, err
}

// read takes the fields utime, stime and rss of /proc/PID/stat. They are
// counted from the end of the name, which may hold anything.
func (c *consumption) read(stat []byte) error {
	_, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields := bytes.Fields(rest)
	const utime, stime, rss = 14 - 3, 15 - 3, 24 - 3
	if len(fields) <= rss {
		return fmt.Errorf("/proc/PID/stat has %d fields after the name", len(fields))
	}
	var values [3]int64
	for n, field := range []int{utime, stime, rss} {
		v, err := strconv.ParseInt(string(fields[field]), 10, 64)
		if err != nil {
			return fmt.Errorf("/proc/PID/stat: %w", err)
		}
		values[n] = v
	}
	c.cpu = time.Duration(values[0]+values[1]) * tick
	c.resident = values[2] * int64(os.Getpagesize())
	return nil
}

func resident(c consumption) float64  { return float64(c.resident) }
func openFiles(c consumption) float64 { return float64(c.files) }

// growth is how many times more of something a process takes in the last third
// of a series than in the first, in the mean.
func growth(series []consumption, of func(consumption) float64) float64 {
	third := len(series) / 3
	if third == 0 {
		return 1
	}
	mean := func(part []consumption) (sum float64) {
		for _, c := range part {
			sum += of(c)
		}
		return sum / float64(len(part))
	}
	return mean(series[len(series)-third:]) / mean(series[:third])
}
