// Package account names whose data it is and where it lies: tenants, AWS
// accounts, regions and zones.
//
// It is a package of words: it imports nothing of Kopter, and everything else
// may import it.
package account

import (
	"fmt"
	"strings"
)

// Tenant is the owner of data. It leads every key and every path of every
// store, so that no query can reach past it. It comes from an authenticated
// membership or from the configuration of a queue or command, never from the
// text of a message.
type Tenant string

// Local is the only tenant of a store that one person runs for themselves.
const Local Tenant = "local"

// MaxTenantLength bounds a tenant's name, in bytes, so that it fits into any
// key or path.
const MaxTenantLength = 64

// Validate says whether t can stand in a path and a key: 1 to 64 of the
// letters a–z, the digits and the hyphen, not beginning with a hyphen.
func (t Tenant) Validate() error {
	if t == "" || len(t) > MaxTenantLength {
		return fmt.Errorf("tenant %q: want 1 to %d characters", string(t), MaxTenantLength)
	}
	for i, c := range []byte(t) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-' && i > 0:
		default:
			return fmt.Errorf("tenant %q: character %d is not a letter a–z, a digit or an inner hyphen", string(t), i+1)
		}
	}
	return nil
}

// PriceRegion gives the region under which the price list files a zone. For an
// ordinary zone that is the region itself (us-east-1a → us-east-1). Local and
// Wavelength Zones have prices of their own: a Local Zone is filed under its
// name without the letter (us-east-1-bos-1a → us-east-1-bos-1), a Wavelength
// Zone under its carrier location and number (us-east-1-wl1-was-wlz-1 →
// us-east-1-wl1-was1), but for the first two of them, which are older than that
// scheme. An empty zone gives region.
// Source: spec/ec2-cost.md, "Which SKU"; region codes of the AWS price list.
func PriceRegion(region, zone string) string {
	if place, number, wavelength := strings.Cut(zone, "-wlz-"); wavelength {
		switch place {
		case "us-east-1-wl1-bos", "us-west-2-wl1-sfo":
			return place[:len(place)-len("-bos")]
		}
		return place + number
	}
	trimmed := strings.TrimRight(zone, "abcdefghijklmnopqrstuvwxyz")
	if trimmed == "" || len(zone)-len(trimmed) != 1 {
		return region
	}
	return trimmed
}
