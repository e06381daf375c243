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
