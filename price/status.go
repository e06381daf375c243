package price

import "fmt"

// String gives the word that listings show: "priced", "absent", "too-early" or
// "ambiguous".
func (s Status) String() string {
	switch s {
	case Absent:
		return "absent"
	case TooEarly:
		return "too-early"
	case Ambiguous:
		return "ambiguous"
	case Priced:
		return "priced"
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}
