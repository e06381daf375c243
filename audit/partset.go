package audit

import (
	"context"
	"slices"
	"time"
)

// day is a UTC day: days since 1970.
type day int64

const dayMillis = 24 * 60 * 60 * 1000

// dayOf is the day of a time in milliseconds since 1970.
func dayOf(millis int64) day {
	d := millis / dayMillis
	if millis%dayMillis < 0 {
		d--
	}
	return day(d)
}

// String gives the day as in 2023-07-10.
func (d day) String() string {
	return time.UnixMilli(int64(d) * dayMillis).UTC().Format(time.DateOnly)
}

// Fewer rows of a day than this do not go into a part of that day but into a
// fresh part, with rows of other days, until compaction sorts them out: while
// more may come, a row group must be worth reading; at the end, a part must be
// worth opening.
const (
	minDayRows  = 4 << 10
	lastDayRows = 1 << 10
)

// maxOpenDays bounds the day parts that are open at once, and the memory of
// their encoders.
const maxOpenDays = 2

// partSet is the parts that a batch or a compaction writes.
type partSet struct {
	writing   *writing
	fresh     *partWriter
	days      []dayPart // open ones, the least recently written first
	done      []Part
	names     []string // of all parts, reserved
	placement placement
	// origin sets the names apart from those of parts with the same rows; see
	// originOf.
	origin string
}

// placement says which parts rows go into.
type placement int

const (
	wellFilled placement = iota // parts of their day when there are enough of them
	allDays                     // parts of their day
	allFresh                    // a fresh part
)

// dayPart is an open part of one day.
type dayPart struct {
	day  day
	part *partWriter
}

// write sorts the stage and writes the rows of well-filled days to parts of
// these days. Of the rest it keeps what leaves half of the stage free, since
// logs come nearly in order of time and more of these days may follow; more
// than that goes to a fresh part.
func (p *partSet) write(ctx context.Context, s *stage) error {
	rest, err := p.writeDays(ctx, s, minDayRows)
	if err != nil {
		return err
	}
	if p.placement == wellFilled && s.bytesOf(rest) <= maxGroupBytes/2 && len(rest) <= maxGroupRows/2 {
		s.keep(rest)
		return nil
	}
	return p.writeRest(ctx, s, rest)
}

// writeAll writes all rows of the stage and empties it.
func (p *partSet) writeAll(ctx context.Context, s *stage) error {
	rest, err := p.writeDays(ctx, s, lastDayRows)
	if err != nil {
		return err
	}
	return p.writeRest(ctx, s, rest)
}

// writeDays writes the days of which the stage has at least that many rows,
// and gives the other rows, in order.
func (p *partSet) writeDays(ctx context.Context, s *stage, enough int) (rest []uint32, err error) {
	s.sort()
	if p.placement == allFresh {
		return slices.Clone(s.order), nil
	}
	for rows := range daysOf(s) {
		if len(rows) < enough && p.placement != allDays {
			rest = append(rest, rows...)
			continue
		}
		if err := p.writeDay(ctx, s, rows); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (p *partSet) writeRest(ctx context.Context, s *stage, rest []uint32) error {
	if len(rest) > 0 {
		if err := p.writeFresh(ctx, s, rest); err != nil {
			return err
		}
	}
	s.reset()
	return nil
}

// daysOf yields the sorted stage's rows day by day.
func daysOf(s *stage) func(yield func([]uint32) bool) {
	return func(yield func([]uint32) bool) {
		for begin := 0; begin < len(s.order); {
			d := dayOf(s.times[s.order[begin]])
			end := begin + 1
			for end < len(s.order) && dayOf(s.times[s.order[end]]) == d {
				end++
			}
			if !yield(s.order[begin:end]) {
				return
			}
			begin = end
		}
	}
}

func (p *partSet) writeFresh(ctx context.Context, s *stage, rows []uint32) error {
	if p.fresh == nil {
		var err error
		if p.fresh, err = p.create(ctx, freshDir(p.writing.tenant), s, rows); err != nil {
			return err
		}
	}
	if err := p.fresh.writeGroup(s, rows); err != nil {
		return err
	}
	if p.fresh.part.Rows < maxPartRows {
		return nil
	}
	part := p.fresh
	p.fresh = nil
	return p.closePart(part)
}

func (p *partSet) writeDay(ctx context.Context, s *stage, rows []uint32) error {
	d := dayOf(s.times[rows[0]])
	at := slices.IndexFunc(p.days, func(o dayPart) bool { return o.day == d })
	var open dayPart
	if at >= 0 {
		open = p.days[at]
		p.days = slices.Delete(p.days, at, at+1)
	} else {
		if err := p.makeRoom(); err != nil {
			return err
		}
		part, err := p.create(ctx, dayDir(p.writing.tenant, d), s, rows)
		if err != nil {
			return err
		}
		open = dayPart{d, part}
	}
	p.days = append(p.days, open)
	if err := open.part.writeGroup(s, rows); err != nil {
		return err
	}
	if open.part.part.Rows < maxPartRows {
		return nil
	}
	p.days = p.days[:len(p.days)-1]
	return p.closePart(open.part)
}

// makeRoom closes the day part that was not written for the longest time when
// too many are open.
func (p *partSet) makeRoom() error {
	if len(p.days) < maxOpenDays {
		return nil
	}
	oldest := p.days[0].part
	p.days = slices.Delete(p.days, 0, 1)
	return p.closePart(oldest)
}

func (p *partSet) create(ctx context.Context, dir string, s *stage, rows []uint32) (*partWriter, error) {
	name, err := p.writing.reserve(ctx, dir, partID(p.origin, s, rows), partSuffix)
	if err != nil {
		return nil, err
	}
	p.names = append(p.names, name)
	lake := p.writing.lake
	encoder := lake.takeEncoder()
	w, err := createPart(ctx, lake.files, name, encoder)
	if err != nil {
		lake.giveEncoder(encoder)
	}
	return w, err
}

func (p *partSet) closePart(w *partWriter) error {
	part, err := w.close()
	if err != nil {
		return err
	}
	p.writing.lake.giveEncoder(w.encoder)
	p.done = append(p.done, part)
	return nil
}

// close closes the open parts.
func (p *partSet) close() error {
	for len(p.days) > 0 {
		part := p.days[0].part
		p.days = slices.Delete(p.days, 0, 1)
		if err := p.closePart(part); err != nil {
			return err
		}
	}
	if part := p.fresh; part != nil {
		p.fresh = nil
		return p.closePart(part)
	}
	return nil
}

// discard drops what is open; the files of the parts that are done remain.
func (p *partSet) discard() {
	for _, d := range p.days {
		d.part.discard()
	}
	if p.fresh != nil {
		p.fresh.discard()
	}
	p.days, p.fresh = nil, nil
}
