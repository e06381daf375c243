package notify

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kopterio/kopter/cost"
)

// Unpriced gives a notice for each kind of instance that runs and has no
// price: the gaps that a price graph up to now has found. One is noticed once,
// and not again when other instances of that kind start.
func (w Watch) Unpriced(gaps []cost.Unpriced) []Notice {
	var notices []Notice
	for i := range gaps {
		g := &gaps[i]
		kind := cmp.Or(g.Key.Type, "an unknown type")
		notices = append(notices, w.notice(Notice{
			Kind: Unpriced, Severity: Info, Time: w.Now,
			Title:  fmt.Sprintf("There is no price for %s in %s", kind, cmp.Or(g.Key.Region, "an unknown region")),
			Detail: strings.TrimSpace(g.Reason + "\n" + strings.Join([]string{g.Key.Operation, g.Key.Tenancy, g.Purchase}, " ")),
			Region: g.Key.Region, Resource: g.Resource,
			Key: strings.Join([]string{g.Key.Region, g.Key.Type, g.Key.Operation, g.Key.Tenancy, g.Purchase}, " "),
		}))
	}
	return notices
}
