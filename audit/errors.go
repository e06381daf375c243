package audit

import "errors"

// ErrStale is returned by Index.Apply when a part or run that is to be removed
// is no longer visible: someone else has compacted it.
var ErrStale = errors.New("the lake's index has changed")
