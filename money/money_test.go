package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/kopterio/kopter/money"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		text string
		want int64
		err  error
	}{
		{"0", 0, nil},
		{"0.0104000000", 10_400_000, nil},
		{"0.0000000010", 1, nil},
		{"15.2640000000", 15_264_000_000, nil},
		{"000.5", 500_000_000, nil},
		{".5", 500_000_000, nil},
		{"7.", 7_000_000_000, nil},
		{"-1.5", -1_500_000_000, nil},
		{"-0", 0, nil},
		{"9223372036.854775807", math.MaxInt64, nil},
		{"-9223372036.854775808", math.MinInt64, nil},
		{"9223372036.854775808", 0, money.ErrRange},
		{"-9223372036.854775809", 0, money.ErrRange},
		{"99999999999999999999999", 0, money.ErrRange},
		{"0.0000000001", 0, money.ErrPrecision},
		{"0.00000000010000", 0, money.ErrPrecision},
	} {
		rate, err := money.ParseRate(tc.text)
		if int64(rate) != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("rate %q: %d, %v; want %d, %v", tc.text, rate, err, tc.want, tc.err)
		}
		if amount, err := money.ParseNano(tc.text); int64(amount) != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("amount %q: %d, %v; want %d, %v", tc.text, amount, err, tc.want, tc.err)
		}
	}
}

func TestParseRefused(t *testing.T) {
	for _, text := range []string{"", ".", "-", "-.", "--1", "+1", "1e3", "1,5", " 1", "1 ", "0x10", "1.2.3", "NaN", "Inf", "1_000", "١"} {
		if rate, err := money.ParseRate(text); err == nil || rate != 0 {
			t.Errorf("rate %q: %d, %v; want an error", text, rate, err)
		} else if !strings.Contains(err.Error(), "plain decimal") {
			t.Errorf("rate %q: %q does not say what is wrong", text, err)
		}
	}
}

func TestString(t *testing.T) {
	for _, tc := range []struct {
		value      int64
		nano, rate string
	}{
		{0, "0.000000000", "0.0000000000"},
		{1, "0.000000001", "0.0000000010"},
		{-1, "-0.000000001", "-0.0000000010"},
		{10_400_000, "0.010400000", "0.0104000000"},
		{math.MaxInt64, "9223372036.854775807", "9223372036.8547758070"},
		{math.MinInt64, "-9223372036.854775808", "-9223372036.8547758080"},
	} {
		if got := money.Nano(tc.value).String(); got != tc.nano {
			t.Errorf("amount %d: %s, want %s", tc.value, got, tc.nano)
		}
		if got := money.Rate(tc.value).String(); got != tc.rate {
			t.Errorf("rate %d: %s, want %s", tc.value, got, tc.rate)
		}
	}
}

func TestCharge(t *testing.T) {
	for _, tc := range []struct {
		rate    money.Rate
		seconds int64
		want    money.Nano
	}{
		{10_400_000, 0, 0},
		{10_400_000, 3600, 10_400_000},
		{10_400_000, 765, 2_210_000},
		{10_400_000, 281, 811_778}, // 811,777.7…
		{1, 1799, 0},
		{1, 1800, 1}, // half a billionth is rounded up
		{1, 5399, 1},
		{0, math.MaxInt64, 0},
		{3600, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, 3600, math.MaxInt64},
		{math.MaxInt64, 3601, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{-5, 3600, 0},
		{5, -3600, 0},
	} {
		if got := tc.rate.Charge(tc.seconds); got != tc.want {
			t.Errorf("%d s at %s: %d, want %d", tc.seconds, tc.rate, got, tc.want)
		}
	}
}

// amount draws rates and seconds of every size.
func amount(t *rapid.T, name string) int64 {
	return rapid.Int64Range(0, math.MaxInt64).Draw(t, name) >> rapid.IntRange(0, 62).Draw(t, name+" shift")
}

// TestChargeIsExact compares with arithmetic of any length.
func TestChargeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, seconds := amount(t, "rate"), amount(t, "seconds")
		want := new(big.Int).Mul(big.NewInt(rate), big.NewInt(seconds))
		want.Add(want, big.NewInt(1800)).Div(want, big.NewInt(3600))
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if got := money.Rate(rate).Charge(seconds); int64(got) != want.Int64() {
			t.Fatalf("%d s at %d: %d, want %s", seconds, rate, got, want)
		}
	})
}

// TestPartsSumToTheWhole is the law that every grouping of costs rests on.
func TestPartsSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := money.Rate(amount(t, "rate"))
		var at int64
		var sum money.Nano
		for _, part := range rapid.SliceOf(rapid.Int64Range(0, 1<<40)).Draw(t, "parts") {
			charge := rate.Between(at, at+part)
			if charge < 0 {
				t.Fatalf("%s from %d for %d s: negative charge %s", rate, at, part, charge)
			}
			sum += charge
			at += part
		}
		if whole := rate.Charge(at); sum != whole {
			t.Fatalf("parts of %d s at %s sum to %s, the whole costs %s", at, rate, sum, whole)
		}
	})
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "value")
		if got, err := money.ParseNano(money.Nano(v).String()); int64(got) != v || err != nil {
			t.Fatalf("amount %d: %d, %v after a round trip", v, got, err)
		}
		if got, err := money.ParseRate(money.Rate(v).String()); int64(got) != v || err != nil {
			t.Fatalf("rate %d: %d, %v after a round trip", v, got, err)
		}
	})
}

// FuzzParse compares the parser with rational arithmetic.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0.0104000000", "-9223372036.854775808", "1e9", ".", "00.10", "9999999999999", "0.0000000001", "1/2", "0x1p3", "-.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := money.ParseNano(s)
		plain := strings.Trim(s, "0123456789.-") == "" && strings.Count(s, ".") < 2 &&
			strings.LastIndex(s, "-") < 1 && strings.ContainsAny(s, "0123456789")
		if !plain {
			if err == nil {
				t.Fatalf("%q is accepted as %d", s, got)
			}
			return
		}
		want, _ := new(big.Rat).SetString(s)
		want.Mul(want, big.NewRat(int64(money.Unit), 1))
		switch {
		case !want.IsInt():
			if !errors.Is(err, money.ErrPrecision) {
				t.Fatalf("%q: %d, %v; want ErrPrecision", s, got, err)
			}
		case !want.Num().IsInt64():
			if !errors.Is(err, money.ErrRange) {
				t.Fatalf("%q: %d, %v; want ErrRange", s, got, err)
			}
		case err != nil || int64(got) != want.Num().Int64():
			t.Fatalf("%q: %d, %v; want %s", s, got, err, want.Num())
		}
	})
}
