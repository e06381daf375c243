// Package money holds exact amounts and hourly rates: integers of a
// billionth of a currency unit, never a float.
//
// Amounts of different currencies are never added; whoever groups money
// groups by currency too.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code: USD everywhere but in China (CNY).
type Currency string

// The currencies of the AWS price list.
const (
	USD Currency = "USD"
	CNY Currency = "CNY"
)

// Nano is an amount: billionths of a currency unit. It holds ±9.2 billion
// units.
type Nano int64

// Unit is one whole unit of a currency.
const Unit Nano = 1_000_000_000

// Rate is a price per hour in billionths of a currency unit.
type Rate int64

// secondsPerHour turns hourly rates into per-second charges.
const secondsPerHour = 3600

// ErrPrecision is returned for a decimal that a billionth cannot express.
var ErrPrecision = errors.New("finer than a billionth")

// ErrRange is returned for a decimal or a sum beyond ±9.2 billion units.
var ErrRange = errors.New("out of range")

// Charge is what s seconds at rate r cost, rounded to the nearest billionth,
// halves up. A charge beyond what a Nano holds is the largest Nano; a negative
// rate or time counts as zero. Because a whole hour costs exactly r, charges
// of the parts of a period that are taken as differences of charges since its
// start add up to the charge of the whole: see Between.
func (r Rate) Charge(s int64) Nano {
	hi, lo := bits.Mul64(uint64(max(r, 0)), uint64(max(s, 0)))
	lo, carry := bits.Add64(lo, secondsPerHour/2, 0)
	hi += carry
	if hi >= secondsPerHour/2 { // the quotient takes 64 bits or more
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, secondsPerHour)
	return Nano(q)
}

// Between is the part of a period's charge that falls between its seconds
// from and until, both counted from the period's start. Adjacent parts sum to
// the charge of the whole period to the last digit.
func (r Rate) Between(from, until int64) Nano {
	return r.Charge(until) - r.Charge(from)
}

// String writes the amount with all nine decimals: "0.002210000".
func (n Nano) String() string { return decimal(int64(n), 9) }

// String writes the rate with ten decimals, as the AWS price list does:
// "0.0104000000".
func (r Rate) String() string { return decimal(int64(r), 9) + "0" }

func decimal(v int64, places int) string {
	sign := ""
	u := uint64(v)
	if v < 0 {
		sign, u = "-", -u
	}
	s := strconv.FormatUint(u, 10)
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}

// ParseRate reads a plain decimal such as "0.0104000000". It refuses
// exponents, and with ErrPrecision or ErrRange what a Rate cannot hold
// exactly.
func ParseRate(s string) (Rate, error) {
	v, err := parse(s)
	return Rate(v), err
}

// ParseNano reads a plain decimal amount exactly; errors as ParseRate.
func ParseNano(s string) (Nano, error) {
	v, err := parse(s)
	return Nano(v), err
}

func parse(s string) (int64, error) {
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if whole == "" && frac == "" || !allDigits(whole) || !allDigits(frac) {
		return 0, fmt.Errorf("amount %q: not a plain decimal", s)
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 9 {
		return 0, fmt.Errorf("amount %q: %w", s, ErrPrecision)
	}
	all := strings.TrimLeft(whole+frac+strings.Repeat("0", 9-len(frac)), "0")
	if all == "" {
		return 0, nil
	}
	if neg {
		all = "-" + all
	}
	v, err := strconv.ParseInt(all, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", s, ErrRange)
	}
	return v, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
