package audit

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/kopterio/kopter/cloudtrail"
)

// Limits of a row group. It is staged whole in memory before it is written,
// and read whole by a scan; larger ones compress and scan little better.
const (
	maxGroupRows  = 32 << 10
	maxGroupBytes = 28 << 20 // of raw records and fields
)

// The columns of strings, in the schema's order. A stagedRow holds their
// values one behind the other.
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
// Its memory is reused for the next one.
type stage struct {
	text  []byte
	rows  []stagedRow
	order []uint32 // indices of rows; sorted by sort
}

// stagedRow is a row of which the strings lie in the stage's text, one behind
// the other; its resources follow them, each behind its length.
type stagedRow struct {
	time     int64
	id       uint64 // see identity
	text     int    // where its strings begin
	ends     [textColumns]uint32
	end      uint32 // of its resources
	readOnly bool
}

// add copies a record into the stage.
func (s *stage) add(rec *cloudtrail.Record, id uint64) {
	row := stagedRow{time: rec.Time, id: id, readOnly: rec.ReadOnly}
	stageRow(s, row, &[textColumns][]byte{
		rec.Account, rec.Region, rec.Source, rec.Name, rec.Type, rec.Category,
		rec.Actor, rec.ActorType, rec.Principal, rec.Session, rec.AccessKey, rec.InvokedBy,
		rec.IP, rec.UserAgent, rec.ErrorCode, rec.ErrorMessage,
		rec.EventID, rec.RequestID, rec.SharedEventID, rec.Raw,
	}, rec.Resources)
}

// addRow copies a row that was read from a part into the stage.
func (s *stage) addRow(r *Row) {
	row := stagedRow{time: r.Time, id: identity([]byte(r.Account), []byte(r.EventID)), readOnly: r.ReadOnly}
	stageRow(s, row, &[textColumns]string{
		r.Account, r.Region, r.Source, r.Name, r.EventType, r.Category,
		r.Actor, r.ActorType, r.Principal, r.Session, r.AccessKey, r.InvokedBy,
		r.IP, r.UserAgent, r.ErrorCode, r.ErrorMessage,
		r.EventID, r.RequestID, r.SharedEventID, r.Raw,
	}, r.Resources)
}

func stageRow[T []byte | string](s *stage, row stagedRow, texts *[textColumns]T, resources []T) {
	row.text = len(s.text)
	for i, value := range texts {
		s.text = append(s.text, value...)
		row.ends[i] = uint32(len(s.text) - row.text)
	}
	for _, resource := range resources {
		s.text = binary.LittleEndian.AppendUint32(s.text, uint32(len(resource)))
		s.text = append(s.text, resource...)
	}
	row.end = uint32(len(s.text) - row.text)
	s.order = append(s.order, uint32(len(s.rows)))
	s.rows = append(s.rows, row)
}

// hasRoom says whether a record with that much raw text fits into the row
// group at hand; the fields are taken to be no longer than the text that they
// come from.
func (s *stage) hasRoom(raw int) bool {
	return len(s.rows) == 0 || len(s.rows) < maxGroupRows && len(s.text)+2*raw <= maxGroupBytes
}

func (s *stage) reset() {
	s.text, s.rows, s.order = s.text[:0], s.rows[:0], s.order[:0]
}

// value is the string of a row in a column.
func (s *stage) value(r *stagedRow, column int) []byte {
	begin := uint32(0)
	if column > 0 {
		begin = r.ends[column-1]
	}
	return s.text[r.text+int(begin) : r.text+int(r.ends[column])]
}

// find gives the raw record of the row that holds an event, or nil.
func (s *stage) find(id uint64, e event) []byte {
	for i := range s.rows {
		r := &s.rows[i]
		if r.id == id && bytes.Equal(s.value(r, colEventID), e.eventID) && bytes.Equal(s.value(r, colAccount), e.account) {
			return s.value(r, colRaw)
		}
	}
	return nil
}

// eachResource calls fn with every resource of a row.
func (s *stage) eachResource(r *stagedRow, fn func([]byte)) {
	rest := s.text[r.text+int(r.ends[colRaw]) : r.text+int(r.end)]
	for len(rest) > 0 {
		length := binary.LittleEndian.Uint32(rest)
		fn(rest[4 : 4+length])
		rest = rest[4+length:]
	}
}

// sort orders the rows by time, then by event id and account.
func (s *stage) sort() {
	slices.SortFunc(s.order, func(i, j uint32) int { return s.compare(&s.rows[i], &s.rows[j]) })
}

func (s *stage) compare(a, b *stagedRow) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	if c := bytes.Compare(s.value(a, colEventID), s.value(b, colEventID)); c != 0 {
		return c
	}
	return bytes.Compare(s.value(a, colAccount), s.value(b, colAccount))
}
