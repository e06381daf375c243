package audit

import (
	"errors"

	"github.com/kopterio/kopter/audit/bloom"
)

// ErrCorrupt is wrapped by every error that says a file of the lake does not
// hold what was written.
var ErrCorrupt = bloom.ErrCorrupt

// ErrStale is returned by Index.Apply when a part or run that is to be removed
// is no longer visible: someone else has compacted it.
var ErrStale = errors.New("the lake's index has changed")

// ErrRequest is what an error is when the fault lies in what was asked, and
// asking the same again is of no use: errors.Is finds it in ErrCursor, ErrLimit,
// ErrCountBy, ErrTooManyRows, ErrTooManyBuckets, ErrWidth and ErrFormat. A wrong
// query is a *query.Error. What ran out of time wraps the context's error, and
// what is left is a fault of the lake.
var ErrRequest = errors.New("the request cannot be answered")

// requestError is an error that is an ErrRequest.
type requestError string

func (e requestError) Error() string        { return string(e) }
func (e requestError) Is(target error) bool { return target == ErrRequest }
