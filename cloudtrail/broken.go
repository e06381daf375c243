package cloudtrail

import "fmt"

// ExcerptLimit bounds Broken.Excerpt, in bytes.
const ExcerptLimit = 4096

// Broken is what a Reader could not read: one record, a stretch between two
// records, or a whole file. It is an error, but not the end: the next call of
// Next goes on behind it.
type Broken struct {
	// Name is the source's, or "archive.zip!member".
	Name string
	// Offset is where it began in the inflated file, in bytes.
	Offset int64
	// Reason says in words what is wrong.
	Reason string
	// Excerpt is the beginning of what stood there, at most ExcerptLimit
	// bytes.
	Excerpt []byte
	// Whole says that the whole file or member was refused.
	Whole bool
}

func (b *Broken) Error() string {
	if b.Whole {
		return fmt.Sprintf("%s: %s", b.Name, b.Reason)
	}
	return fmt.Sprintf("%s: at byte %d: %s", b.Name, b.Offset, b.Reason)
}
