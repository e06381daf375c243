package app

import "testing"

func TestResourceID(t *testing.T) {
	for text, want := range map[string]bool{
		"i-0dbc91f429e48eeed": true, "i-DDd6c7B0e18F0E35f": true, "i-": false, "i-0d*": false, "actor:i-0d": false, "ann": false,
	} {
		if got := resourceID.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
