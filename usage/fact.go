package usage

// Fact is what one source says about one resource at one moment. Facts are a
// set: their order and their repetition mean nothing, and Key tells two of
// them apart.
type Fact struct {
	Account  string
	Resource string
	// Key is unique among the resource's facts: the event's id and body hash,
	// or the snapshot's id.
	Key string
	// Data is the fact's encoding, the same bytes for the same fact. Stores
	// keep it as it is; only this package reads it.
	Data []byte
}
