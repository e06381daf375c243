package price

import "strings"

// The tenancies of a Key.
const (
	Shared    = "Shared"
	Dedicated = "Dedicated"
	Host      = "Host"
)

// Tenancy gives the tenancy as a Key has it, for the way that EC2's API or the
// price list writes it: "default" and "" mean Shared. Others stay as they are.
func Tenancy(s string) string {
	switch strings.ToLower(s) {
	case "", "default", "shared":
		return Shared
	case "dedicated":
		return Dedicated
	case "host":
		return Host
	}
	return s
}

// Operation gives a usageOperation as a Key has it: without the ":SVnnn" that
// spot appends.
func Operation(s string) string {
	if i := strings.LastIndex(s, ":SV"); i >= 0 && digits(s[i+3:]) {
		return s[:i]
	}
	return s
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
