package cost

import (
	"runtime"
	"slices"
	"sync"
)

// mergeSize is how many rows are worth a goroutine of their own.
const mergeSize = 1 << 14

// byStart merges lines into one listing by start; rows that start together
// keep the order of their lines. Each goroutine writes the rows of a stretch
// of buckets.
func byStart(lines []line, step Bucket) []Row {
	first, last, n := bounds(lines, step)
	if n == 0 {
		return nil
	}
	rows := make([]Row, n)
	workers := max(1, min(runtime.GOMAXPROCS(0), n/mergeSize, last-first+1))
	var work sync.WaitGroup
	to := rows
	for k := range workers {
		m := merge{step: step, first: first + (last-first+1)*k/workers, limit: first + (last-first+1)*(k+1)/workers}
		m.cut(lines)
		m.rows, to = to[:m.count], to[m.count:]
		work.Go(m.run)
	}
	work.Wait()
	return rows
}

func bounds(lines []line, step Bucket) (first, last, n int) {
	for k := range lines {
		l := lines[k].spans
		if len(l) == 0 {
			continue
		}
		from, until := step.index(l[0].start), step.index(l[len(l)-1].start)
		if n == 0 {
			first, last = from, until
		}
		first, last, n = min(first, from), max(last, until), n+len(l)
	}
	return first, last, n
}

// merge lists the rows of the buckets first ≤ b < limit.
type merge struct {
	step         Bucket
	first, limit int
	lines        []line // the part of each line that lies in them
	count        int    // of their rows
	rows         []Row
}

func (m *merge) cut(lines []line) {
	m.lines = slices.Clone(lines)
	for k := range m.lines {
		l := &m.lines[k]
		l.spans = l.spans[m.reach(l.spans, m.first):m.reach(l.spans, m.limit)]
		m.count += len(l.spans)
	}
}

// reach is how many spans lie before a bucket.
func (m *merge) reach(spans []span, bucket int) int {
	n, _ := slices.BinarySearchFunc(spans, bucket, func(s span, b int) int { return m.step.index(s.start) - b })
	return n
}

func (m *merge) run() {
	next := make([]int, m.limit-m.first+1) // by bucket, where its next row goes
	for k := range m.lines {
		spans := m.lines[k].spans
		for s := range spans {
			next[m.step.index(spans[s].start)-m.first+1]++
		}
	}
	for b := range next[1:] {
		next[b+1] += next[b]
	}
	for k := range m.lines {
		l := &m.lines[k]
		for s := range l.spans {
			at := &next[m.step.index(l.spans[s].start)-m.first]
			m.rows[*at] = l.row(s)
			*at++
		}
	}
}
