package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/audit/bloom"
	"github.com/kopterio/kopter/audit/wordfilter"
)

// TokensSuffix ends the name of a part's token sidecar.
const TokensSuffix = ".tokens"

// partSuffix ends the name of a part.
const partSuffix = ".parquet"

// TokensName is the name of the token sidecar of the part with that name.
func TokensName(part string) string {
	return strings.TrimSuffix(part, partSuffix) + TokensSuffix
}

// maxPartRows is where a part ends and another one begins.
const maxPartRows = 512 << 10

// Pages are written when they reach this size, in bytes before compression:
// the window that zstd sees, and what reading one raw record costs.
const pageSize = 256 << 10

// isBounded says of which columns minimum and maximum are kept: where the
// values of a row group are few or close to each other, or all empty. In the
// other columns they are spread so wide that bounds rule nothing out.
func isBounded(column string) bool {
	switch column {
	case "time", "account", "region", "source", "name", "event_type", "category",
		"actor_type", "invoked_by", "error_code", "read_only", "shared_event_id":
		return true
	}
	return false
}

// partEncoder writes parts, one at a time. Its buffers take some ten
// megabytes, so encoders are reused.
type partEncoder struct {
	parquet *parquet.GenericWriter[Row]
	tokens  wordfilter.Writer
	values  []parquet.Value
}

func newPartEncoder() *partEncoder {
	options := []parquet.WriterOption{
		parquet.CreatedBy("kopter", "1", ""),
		parquet.Compression(newPageCodec()),
		parquet.PageBufferSize(pageSize),
		parquet.BloomFilters(
			parquet.SplitBlockFilter(bloom.BitsPerHash, "event_id"),
			parquet.SplitBlockFilter(bloom.BitsPerHash, "actor"),
			parquet.SplitBlockFilter(bloom.BitsPerHash, "access_key"),
			parquet.SplitBlockFilter(bloom.BitsPerHash, "resources", "list", "element"),
		),
		parquet.SortingWriterConfig(parquet.SortingColumns(parquet.Ascending("time"))),
	}
	for _, path := range parquet.SchemaOf(new(Row)).Columns() {
		// The page index holds the same.
		options = append(options, parquet.SkipPageStatistics(path...))
		if !isBounded(path[0]) {
			options = append(options, parquet.SkipPageBounds(path...))
		}
	}
	return &partEncoder{parquet: parquet.NewGenericWriter[Row](io.Discard, options...)}
}

// partWriter is a part that is being written, with its sidecar.
type partWriter struct {
	part    Part
	encoder *partEncoder
	out     countedFile
	tokens  FileWriter
}

// countedFile counts and sums up what is written to a file.
type countedFile struct {
	FileWriter
	bytes int64
	sum   *xxhash.Digest
}

func (f *countedFile) Write(b []byte) (int, error) {
	n, err := f.FileWriter.Write(b)
	f.bytes += int64(n)
	f.sum.Write(b[:n]) // never fails
	return n, err
}

// checksum writes a sum of a file as the index keeps it.
func checksum(sum *xxhash.Digest) string { return fmt.Sprintf("%016x", sum.Sum64()) }

// createPart begins the part with that name. The encoder is the part's until
// close or discard.
func createPart(ctx context.Context, files Files, name string, encoder *partEncoder) (*partWriter, error) {
	out, err := files.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("create part %s: %w", name, err)
	}
	tokens, err := files.Create(ctx, TokensName(name))
	if err != nil {
		out.Discard()
		return nil, fmt.Errorf("create sidecar of part %s: %w", name, err)
	}
	w := &partWriter{part: Part{Name: name}, encoder: encoder, out: countedFile{FileWriter: out, sum: xxhash.New()}, tokens: tokens}
	encoder.parquet.Reset(&w.out)
	encoder.tokens.Reset(tokens)
	return w, nil
}

// writeGroup writes rows of the stage, which are in order, as a row group.
func (w *partWriter) writeGroup(s *stage, rows []uint32) error {
	if err := w.writeColumns(s, rows); err != nil {
		return fmt.Errorf("write part %s: %w", w.part.Name, err)
	}
	first, last := s.times[rows[0]], s.times[rows[len(rows)-1]]
	if w.part.Rows == 0 {
		w.part.MinTime, w.part.MaxTime = first, last
	}
	w.part.MinTime, w.part.MaxTime = min(w.part.MinTime, first), max(w.part.MaxTime, last)
	w.part.Rows += int64(len(rows))
	return nil
}

func (w *partWriter) writeColumns(s *stage, rows []uint32) error {
	e := w.encoder
	columns := e.parquet.ColumnWriters()
	if err := e.writeTimes(columns[0], s, rows); err != nil {
		return err
	}
	for text, column := range textLeaves {
		if err := e.writeTexts(columns[column], s, rows, text); err != nil {
			return err
		}
	}
	if err := e.writeReadOnly(columns[leafReadOnly], s, rows); err != nil {
		return err
	}
	if err := e.writeResources(columns[leafResources], s, rows); err != nil {
		return err
	}
	if err := e.parquet.Flush(); err != nil {
		return err
	}
	for _, i := range rows {
		addWords(&e.tokens, s.texts[colRaw].value(i))
	}
	return e.tokens.EndGroup()
}

// addWords adds a row to a sidecar: the words of its raw record, and those of
// the keys that it issued.
func addWords(w *wordfilter.Writer, raw []byte) {
	w.Add(raw)
	eachIssued(raw, func(key string) { w.AddWords(issuedWord(key)) })
}

// The leaf columns of Row; see textLeaves for those of strings.
const (
	leafReadOnly  = 17
	leafResources = 18
)

// textLeaves gives for each column of strings its place among Row's columns.
var textLeaves = [textColumns]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22}

// Values go to a column in portions: as many as make it worth the call, and
// few enough that a page does not grow far beyond its size.
const (
	portionValues = 512
	portionBytes  = 64 << 10
)

func (e *partEncoder) writeTimes(column *parquet.ColumnWriter, s *stage, rows []uint32) error {
	for portion := range slices.Chunk(rows, portionValues) {
		e.values = e.values[:0]
		for _, i := range portion {
			e.values = append(e.values, parquet.Int64Value(s.times[i]))
		}
		if _, err := column.WriteRowValues(e.values); err != nil {
			return err
		}
	}
	return nil
}

func (e *partEncoder) writeReadOnly(column *parquet.ColumnWriter, s *stage, rows []uint32) error {
	for portion := range slices.Chunk(rows, portionValues) {
		e.values = e.values[:0]
		for _, i := range portion {
			e.values = append(e.values, parquet.BooleanValue(s.readOnly[i]))
		}
		if _, err := column.WriteRowValues(e.values); err != nil {
			return err
		}
	}
	return nil
}

func (e *partEncoder) writeTexts(column *parquet.ColumnWriter, s *stage, rows []uint32, text int) error {
	e.values = e.values[:0]
	size := 0
	for n, i := range rows {
		value := s.texts[text].value(i)
		e.values = append(e.values, parquet.ByteArrayValue(value))
		size += len(value)
		if len(e.values) < portionValues && size < portionBytes && n < len(rows)-1 {
			continue
		}
		if _, err := column.WriteRowValues(e.values); err != nil {
			return err
		}
		e.values, size = e.values[:0], 0
	}
	return nil
}

func (e *partEncoder) writeResources(column *parquet.ColumnWriter, s *stage, rows []uint32) error {
	for portion := range slices.Chunk(rows, portionValues) {
		e.values = e.values[:0]
		for _, i := range portion {
			e.appendResources(s, i)
		}
		if _, err := column.WriteRowValues(e.values); err != nil {
			return err
		}
	}
	return nil
}

// appendResources appends a row's list: a value for each resource, of which
// the first is on level 0 of repetition, or a null for none.
func (e *partEncoder) appendResources(s *stage, row uint32) {
	repetition := 0
	s.eachResource(row, func(resource []byte) {
		e.values = append(e.values, parquet.ByteArrayValue(resource).Level(repetition, 1, leafResources))
		repetition = 1
	})
	if repetition == 0 {
		e.values = append(e.values, parquet.NullValue().Level(0, 0, leafResources))
	}
}

// close makes the part and its sidecar durable. When it fails, the files may
// or may not be there.
func (w *partWriter) close() (Part, error) {
	if err := w.encoder.parquet.Close(); err != nil {
		w.discard()
		return Part{}, fmt.Errorf("finish part %s: %w", w.part.Name, err)
	}
	if err := w.encoder.tokens.Finish(); err != nil {
		w.discard()
		return Part{}, fmt.Errorf("finish sidecar of part %s: %w", w.part.Name, err)
	}
	if err := w.tokens.Close(); err != nil {
		w.out.Discard()
		return Part{}, fmt.Errorf("close sidecar of part %s: %w", w.part.Name, err)
	}
	if err := w.out.Close(); err != nil {
		return Part{}, fmt.Errorf("close part %s: %w", w.part.Name, err)
	}
	w.part.Bytes, w.part.Checksum = w.out.bytes, checksum(w.out.sum)
	return w.part, nil
}

func (w *partWriter) discard() {
	w.out.Discard()
	w.tokens.Discard()
}

// partID names a part by where its rows come from and by those of its first
// row group, so that the same rows written again give the same name.
func partID(origin string, s *stage, rows []uint32) string {
	h := sha256.New()
	h.Write([]byte(origin))
	var buf [16]byte
	for _, i := range rows {
		binary.LittleEndian.PutUint64(buf[:], s.ids[i])
		binary.LittleEndian.PutUint64(buf[8:], uint64(s.times[i]))
		h.Write(buf[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
