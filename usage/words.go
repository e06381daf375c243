package usage

import "strings"

// onDemand is the purchase of what has no other lifecycle.
const onDemand = "on-demand"

// purchase gives Shape.Purchase for an instanceLifecycle or marketType.
func purchase(lifecycle string) string {
	if lifecycle == "" {
		return onDemand
	}
	return lifecycle
}

// tenancy gives Shape.Tenancy for a placement's tenancy; the price list says
// Shared for default. An unknown word stays as it is.
func tenancy(word string) string {
	switch word {
	case "default":
		return "Shared"
	case "dedicated":
		return "Dedicated"
	case "host":
		return "Host"
	}
	return word
}

// windows says whether a platform is Windows; the field is empty for all
// others.
func windows(platform string) bool { return strings.EqualFold(platform, "windows") }

// operation strips what spot appends to a usageOperation (":SV001"). Source:
// spec/ec2-cost.md, "Which SKU".
func operation(usage string) string {
	if i := strings.LastIndex(usage, ":SV"); i >= 0 {
		return usage[:i]
	}
	return usage
}

// regionOf gives the region of an availability zone, also of a Local Zone:
// us-west-2-lax-1a is in us-west-2. It is empty for what is no zone.
func regionOf(zone string) string {
	digit := strings.IndexAny(zone, "0123456789")
	if digit < 1 || zone[digit-1] != '-' {
		return ""
	}
	end := digit
	for end < len(zone) && zone[end] >= '0' && zone[end] <= '9' {
		end++
	}
	return zone[:end]
}
