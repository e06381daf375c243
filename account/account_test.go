package account

import (
	"strings"
	"testing"
)

func TestTenantValidate(t *testing.T) {
	for _, good := range []Tenant{Local, "a", "0", "acme-eu-1", Tenant(strings.Repeat("x", MaxTenantLength))} {
		if err := good.Validate(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []Tenant{"", "-a", "A", "a_b", "a/b", "..", "a b", "ä", Tenant(strings.Repeat("x", MaxTenantLength+1))} {
		if bad.Validate() == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestPriceRegion(t *testing.T) {
	for _, c := range []struct{ region, zone, want string }{
		{"us-east-1", "us-east-1a", "us-east-1"},
		{"us-east-1", "", "us-east-1"},
		{"us-east-1", "us-east-1-bos-1a", "us-east-1-bos-1"},
		{"us-west-2", "us-west-2-lax-1b", "us-west-2-lax-1"},
		{"us-east-1", "us-east-1-wl1-was-wlz-1", "us-east-1-wl1-was1"},
		{"eu-west-2", "eu-west-2-wl1-lon-wlz-1", "eu-west-2-wl1-lon1"},
		{"us-east-1", "us-east-1-wl1-bos-wlz-1", "us-east-1-wl1"},
		{"us-west-2", "us-west-2-wl1-sfo-wlz-1", "us-west-2-wl1"},
		{"us-east-1", "nonsense", "us-east-1"},
		{"", "us-gov-west-1c", "us-gov-west-1"},
	} {
		if got := PriceRegion(c.region, c.zone); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.region, c.zone, got, c.want)
		}
	}
}
