package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
)

const (
	quarantineOnPage = 100 // entries, when nobody says
	lettersListed    = 100 // when nobody says

	// letterBody is how much of a dead letter's body is shown, in bytes.
	letterBody = 4 << 10
)

// GetPipeline says how the pipeline is doing.
func (s *server) GetPipeline(ctx context.Context, _ GetPipelineRequestObject) (GetPipelineResponseObject, error) {
	p, err := s.Monitor.Pipeline(ctx, tenantOf(ctx))
	return GetPipeline200JSONResponse(p), err
}

// quarantined is the place of an entry in the quarantine: the number of it
// among those of its file. A file that comes in between moves no other.
type quarantined struct {
	uri    string
	number int
}

// ListQuarantine gives a page of what could not be read, by file.
func (s *server) ListQuarantine(ctx context.Context, r ListQuarantineRequestObject) (ListQuarantineResponseObject, error) {
	after, err := readQuarantined(given(r.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	limit := given(r.Params.Limit, quarantineOnPage)
	page := QuarantinePage{Entries: []QuarantineEntry{}}
	var at quarantined
	for entry, err := range s.Ingested.Quarantined(ctx, tenantOf(ctx)) {
		if err != nil {
			return nil, err
		}
		last := at
		if at = at.next(entry.URI); !after.before(at) {
			continue
		}
		if len(page.Entries) == limit {
			page.Next = some(last.cursor())
			break
		}
		page.Entries = append(page.Entries, quarantineEntry(&entry))
	}
	return ListQuarantine200JSONResponse(page), nil
}

// next is the place of the entry that follows in the listing.
func (q quarantined) next(uri string) quarantined {
	if q.uri == uri {
		return quarantined{uri, q.number + 1}
	}
	return quarantined{uri, 1}
}

func (q quarantined) before(other quarantined) bool {
	return q.uri < other.uri || q.uri == other.uri && q.number < other.number
}

func (q quarantined) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", q.number, q.uri))
}

func readQuarantined(cursor string) (quarantined, error) {
	if cursor == "" {
		return quarantined{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	number, uri, found := strings.Cut(string(text), " ")
	n, bad := strconv.Atoi(number)
	if err != nil || bad != nil || !found {
		return quarantined{}, fmt.Errorf("cursor %q: %w", cursor, errCursor)
	}
	return quarantined{uri, n}, nil
}

func quarantineEntry(q *ingest.Quarantine) QuarantineEntry {
	return QuarantineEntry{URI: q.URI, Offset: q.Offset, Reason: q.Reason, Excerpt: printable(q.Excerpt)}
}

// printable makes text of bytes that may be anything: what is no UTF-8 becomes
// U+FFFD.
func printable(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// ListLetters lists the dead letters of a queue.
func (s *server) ListLetters(ctx context.Context, r ListLettersRequestObject) (ListLettersResponseObject, error) {
	letters, err := s.Queues(tenantOf(ctx)).Letters(ctx, r.Queue, given(r.Params.Limit, lettersListed))
	if err != nil {
		return nil, err
	}
	return ListLetters200JSONResponse{Letters: each(letters, letter)}, nil
}

func letter(l *queue.Letter) Letter {
	return Letter{
		ID: l.ID, Sent: l.Sent.UTC(), Died: l.Died.UTC(), Receives: l.Receives, Reason: printable([]byte(l.Reason)),
		Body: printable(l.Body[:min(len(l.Body), letterBody)]),
	}
}

// RedriveLetters sends dead letters back to their queue.
func (s *server) RedriveLetters(ctx context.Context, r RedriveLettersRequestObject) (RedriveLettersResponseObject, error) {
	ids := given(r.Body.Ids, nil)
	if r.Body.Ids != nil && len(ids) == 0 {
		return RedriveLetters200JSONResponse{}, nil // none, and not all of them
	}
	n, err := s.Queues(tenantOf(ctx)).Redrive(ctx, r.Queue, ids...)
	return RedriveLetters200JSONResponse{Redriven: n}, err
}
