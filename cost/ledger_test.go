package cost_test

import (
	"errors"
	"testing"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/usage"
)

func TestLedgerErrors(t *testing.T) {
	if _, err := cost.NewLedger(sheets{}, []string{"colour"}, nil); err == nil {
		t.Error("grouped by colour")
	}
	l, err := cost.NewLedger(sheets{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]usage.Seconds{{1, 0}, {0, 3599}} {
		if _, err := l.Rows(c[0], c[1], cost.Hour); err == nil {
			t.Errorf("rows of %v: no error", c)
		}
	}
	i := linux("i-1", "t3.micro", 0, 7200)
	l.Set(i.Account, i.Resource, []usage.Interval{i})
	l.MaxRows = 1
	if _, err := l.Rows(0, 0, cost.Hour); !errors.Is(err, cost.ErrTooManyRows) {
		t.Errorf("two rows: %v", err)
	}
}

// TestLedgerAccounts keeps resources of one name in two accounts apart.
func TestLedgerAccounts(t *testing.T) {
	l, err := cost.NewLedger(sheets{}, []string{"account"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := linux("i-1", "t3.micro", 0, 60), linux("i-1", "t3.micro", 0, 120)
	b.Account = "444455556666"
	l.Set(a.Account, a.Resource, []usage.Interval{a})
	l.Set(b.Account, b.Resource, []usage.Interval{b})
	l.Set(a.Account, a.Resource, nil)
	rows, err := l.Rows(0, 0, cost.Total)
	if err != nil || len(rows) != 1 || rows[0].Seconds != 120 {
		t.Errorf("%+v, %v", rows, err)
	}
}
