package main

import (
	"math"
	"slices"
)

// percentile is the smallest of the values that p per cent of them do not
// exceed; 0 when there are none.
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(n, 1), len(sorted))-1]
}
