package audit

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/kopterio/kopter/audit/idrun"
	"github.com/kopterio/kopter/cloudtrail"
)

// Limits of a row group. It is staged whole in memory before it is written,
// and read whole by a scan; larger ones compress and scan little better.
const (
	maxGroupRows  = 32 << 10
	maxGroupBytes = 24 << 20 // of raw records and fields
)

// The columns of strings, in the schema's order.
const (
	colAccount = iota
	colRegion
	colSource
	colName
	colEventType
	colCategory
	colActor
	colActorType
	colPrincipal
	colSession
	colAccessKey
	colInvokedBy
	colIP
	colUserAgent
	colErrorCode
	colErrorMessage
	colEventID
	colRequestID
	colSharedEventID
	colRaw
	textColumns
)

// stage holds the rows of one row group until they are sorted and written.
// It keeps them by column, as they will be read. Its memory is reused for the
// next row group.
type stage struct {
	times     []int64
	ids       []uint64 // see identity
	readOnly  []bool
	texts     [textColumns]textColumn
	resources textColumn // each behind its length in four bytes
	bytes     int        // of all texts
	order     []uint32   // of the rows; sorted by sort
}

// textColumn is a column of strings, one behind the other.
type textColumn struct {
	text []byte
	ends []uint32
}

func (c *textColumn) value(row uint32) []byte {
	begin := uint32(0)
	if row > 0 {
		begin = c.ends[row-1]
	}
	return c.text[begin:c.ends[row]]
}

// add copies a record into the stage.
func (s *stage) add(rec *cloudtrail.Record, id uint64) {
	s.addFixed(rec.Time, id, rec.ReadOnly)
	addTexts(s, &[textColumns][]byte{
		rec.Account, rec.Region, rec.Source, rec.Name, rec.Type, rec.Category,
		rec.Actor, rec.ActorType, rec.Principal, rec.Session, rec.AccessKey, rec.InvokedBy,
		rec.IP, rec.UserAgent, rec.ErrorCode, rec.ErrorMessage,
		rec.EventID, rec.RequestID, rec.SharedEventID, rec.Raw,
	}, rec.Resources)
}

// record gives a row as a record, which is valid until the stage changes. It
// lacks the hash of the body.
func (s *stage) record(row uint32) *cloudtrail.Record {
	text := func(column int) []byte { return s.texts[column].value(row) }
	rec := &cloudtrail.Record{
		Time: s.times[row], ReadOnly: s.readOnly[row],
		Account: text(colAccount), Region: text(colRegion), Source: text(colSource), Name: text(colName),
		Type: text(colEventType), Category: text(colCategory), Actor: text(colActor), ActorType: text(colActorType),
		Principal: text(colPrincipal), Session: text(colSession), AccessKey: text(colAccessKey), InvokedBy: text(colInvokedBy),
		IP: text(colIP), UserAgent: text(colUserAgent), ErrorCode: text(colErrorCode), ErrorMessage: text(colErrorMessage),
		EventID: text(colEventID), RequestID: text(colRequestID), SharedEventID: text(colSharedEventID), Raw: text(colRaw),
	}
	s.eachResource(row, func(resource []byte) { rec.Resources = append(rec.Resources, resource) })
	return rec
}

// addRow copies a row that was read from a part into the stage.
func (s *stage) addRow(r *Row) {
	s.addFixed(r.Time, idrun.Identity([]byte(r.Account), []byte(r.EventID)), r.ReadOnly)
	addTexts(s, &[textColumns]string{
		r.Account, r.Region, r.Source, r.Name, r.EventType, r.Category,
		r.Actor, r.ActorType, r.Principal, r.Session, r.AccessKey, r.InvokedBy,
		r.IP, r.UserAgent, r.ErrorCode, r.ErrorMessage,
		r.EventID, r.RequestID, r.SharedEventID, r.Raw,
	}, r.Resources)
}

func (s *stage) addFixed(time int64, id uint64, readOnly bool) {
	s.order = append(s.order, uint32(len(s.times)))
	s.times = append(s.times, time)
	s.ids = append(s.ids, id)
	s.readOnly = append(s.readOnly, readOnly)
}

func addTexts[T []byte | string](s *stage, texts *[textColumns]T, resources []T) {
	s.texts[colRaw].makeRoom(len(texts[colRaw]))
	for i, value := range texts {
		c := &s.texts[i]
		c.text = append(c.text, value...)
		c.ends = append(c.ends, uint32(len(c.text)))
		s.bytes += len(value)
	}
	c := &s.resources
	for _, resource := range resources {
		c.text = binary.LittleEndian.AppendUint32(c.text, uint32(len(resource)))
		c.text = append(c.text, resource...)
		s.bytes += 4 + len(resource)
	}
	c.ends = append(c.ends, uint32(len(c.text)))
}

// addText, addElement with endList, and addFixed last, add rows column by
// column. addText adds the next row's value of a column.
func (s *stage) addText(column int, value []byte) {
	c := &s.texts[column]
	if column == colRaw {
		c.makeRoom(len(value))
	}
	c.text = append(c.text, value...)
	c.ends = append(c.ends, uint32(len(c.text)))
	s.bytes += len(value)
}

// addElement adds a resource of the next row, and endList ends these.
func (s *stage) addElement(resource []byte) {
	c := &s.resources
	c.text = binary.LittleEndian.AppendUint32(c.text, uint32(len(resource)))
	c.text = append(c.text, resource...)
	s.bytes += 4 + len(resource)
}

func (s *stage) endList() { s.resources.ends = append(s.resources.ends, uint32(len(s.resources.text))) }

// identity is that of a row whose texts are there.
func (s *stage) identity(row uint32) uint64 {
	return idrun.Identity(s.texts[colAccount].value(row), s.texts[colEventID].value(row))
}

// Of a row group's bytes some three quarters are raw records. Once a stage
// holds a good deal of them it gets room for all at once, which leaves less
// garbage than growing bit by bit.
const (
	rawBytes     = maxGroupBytes / 4 * 3
	goodDealSize = rawBytes / 8
)

// makeRoom grows a column of raw records that is full.
func (c *textColumn) makeRoom(n int) {
	if cap(c.text)-len(c.text) < n && len(c.text) >= goodDealSize {
		c.text = slices.Grow(c.text, max(n, rawBytes-len(c.text)))
	}
}

// hasRoom says whether a record with that much raw text fits into the row
// group at hand; the fields are taken to be no longer than the text that they
// come from.
func (s *stage) hasRoom(raw int) bool {
	return len(s.times) == 0 || len(s.times) < maxGroupRows && s.bytes+2*raw <= maxGroupBytes
}

// bytesOf is the length of the texts of rows, in bytes.
func (s *stage) bytesOf(rows []uint32) (size int) {
	for i := range s.texts {
		size += s.texts[i].sizeOf(rows)
	}
	return size + s.resources.sizeOf(rows)
}

// keep drops all rows but some, which it leaves in the order of their arrival.
func (s *stage) keep(rows []uint32) {
	slices.Sort(rows)
	s.bytes, s.order = s.bytesOf(rows), s.order[:0]
	for to, from := range rows {
		s.times[to], s.ids[to], s.readOnly[to] = s.times[from], s.ids[from], s.readOnly[from]
		s.order = append(s.order, uint32(to))
	}
	s.times, s.ids, s.readOnly = s.times[:len(rows)], s.ids[:len(rows)], s.readOnly[:len(rows)]
	for i := range s.texts {
		s.texts[i].keep(rows)
	}
	s.resources.keep(rows)
}

// keep drops all values but those of rows, which ascend: so no value is
// overwritten before it has been moved.
func (c *textColumn) keep(rows []uint32) {
	end := 0
	for to, from := range rows {
		end += copy(c.text[end:], c.value(from))
		c.ends[to] = uint32(end)
	}
	c.text, c.ends = c.text[:end], c.ends[:len(rows)]
}

// sizeOf is the length of the values of rows.
func (c *textColumn) sizeOf(rows []uint32) (size int) {
	for _, row := range rows {
		size += len(c.value(row))
	}
	return size
}

func (s *stage) reset() {
	s.times, s.ids, s.readOnly, s.order, s.bytes = s.times[:0], s.ids[:0], s.readOnly[:0], s.order[:0], 0
	for i := range s.texts {
		s.texts[i].reset()
	}
	s.resources.reset()
}

func (c *textColumn) reset() { c.text, c.ends = c.text[:0], c.ends[:0] }

// size is the memory that the stage holds on to, in bytes.
func (s *stage) size() int {
	size := cap(s.resources.text)
	for i := range s.texts {
		size += cap(s.texts[i].text)
	}
	return size
}

// find gives the raw record of the row that holds an event, or nil.
func (s *stage) find(id uint64, e event) []byte {
	for i, other := range s.ids {
		row := uint32(i)
		if other == id && bytes.Equal(s.texts[colEventID].value(row), e.eventID) && bytes.Equal(s.texts[colAccount].value(row), e.account) {
			return s.texts[colRaw].value(row)
		}
	}
	return nil
}

// eachResource calls fn with every resource of a row.
func (s *stage) eachResource(row uint32, fn func([]byte)) {
	rest := s.resources.value(row)
	for len(rest) > 0 {
		length := binary.LittleEndian.Uint32(rest)
		fn(rest[4 : 4+length])
		rest = rest[4+length:]
	}
}

// sort orders the rows by time, then by event id and account.
func (s *stage) sort() {
	slices.SortFunc(s.order, func(i, j uint32) int {
		if c := cmp.Compare(s.times[i], s.times[j]); c != 0 {
			return c
		}
		ids := &s.texts[colEventID]
		if c := bytes.Compare(ids.value(i), ids.value(j)); c != 0 {
			return c
		}
		accounts := &s.texts[colAccount]
		return bytes.Compare(accounts.value(i), accounts.value(j))
	})
}
