package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
)

// maxLines bounds the lines in a notice's detail.
const maxLines = 5

// Steps gives a notice for each call, or price list, that changed the run-rate
// by at least the watch's Step in some currency and is recent. Less cost is
// news, more cost a warning, and much more is critical.
func (w Watch) Steps(clusters []cost.Cluster) []Notice {
	w = w.withDefaults()
	var notices []Notice
	for i := range clusters {
		c := &clusters[i]
		d := largest(c.Deltas)
		if max(d.Rate, -d.Rate) < w.Step || !w.recent(time.Unix(c.Time, 0)) {
			continue
		}
		notices = append(notices, w.notice(Notice{
			Kind: CostStep, Severity: w.weigh(d.Rate), Time: time.Unix(c.Time, 0),
			Title: fmt.Sprintf("%s: %s per hour", subject(c), signed(d)), Detail: detail(c),
			Account: c.Account, Region: region(c), Resource: c.Resource,
			EventID: c.Cause.EventID, Principal: c.Cause.Principal, Actor: c.Cause.Actor, IP: c.Cause.IP,
			Delta: d.Rate, Currency: d.Currency, Key: stepKey(c),
		}))
	}
	return notices
}

// largest gives the change in the currency in which it is the largest number.
func largest(deltas []cost.Delta) cost.Delta {
	var most cost.Delta
	for _, d := range deltas {
		if max(d.Rate, -d.Rate) > max(most.Rate, -most.Rate) {
			most = d
		}
	}
	return most
}

func (w *Watch) weigh(r money.Rate) Severity {
	switch {
	case r >= w.CriticalStep:
		return Critical
	case r > 0:
		return Warning
	}
	return Info
}

// stepKey is the call, or what stands for it where none is known. A late event
// may change what a call did; it is the same call.
func stepKey(c *cost.Cluster) string {
	switch {
	case c.Cause.EventID != "":
		return "event " + c.Account + " " + c.Cause.EventID
	case c.PriceVersion != "":
		return "price list " + c.PriceVersion
	}
	return fmt.Sprintf("step %s %s %d", c.Account, c.Resource, c.Time)
}

func subject(c *cost.Cluster) string {
	switch {
	case c.Cause.EventName != "":
		return cmp.Or(c.Cause.Actor, c.Cause.Principal, "Somebody") + ", " + c.Cause.EventName
	case c.PriceVersion != "":
		return "Price list " + c.PriceVersion
	}
	return "Nobody known, " + c.Resource
}

func detail(c *cost.Cluster) string {
	var lines []string
	for i := range c.Lines {
		if i == maxLines {
			lines = append(lines, fmt.Sprintf("and %d more lines", len(c.Lines)-i))
			break
		}
		lines = append(lines, line(&c.Lines[i]))
	}
	if c.Cause.IP != "" {
		lines = append(lines, strings.TrimSpace("from "+c.Cause.IP+" "+c.Cause.UserAgent))
	}
	return strings.Join(lines, "\n")
}

func line(l *cost.ClusterLine) string {
	text := fmt.Sprintf("%d × %s in %s", l.Instances, cmp.Or(l.Type, "an unknown type"), cmp.Or(l.Region, "an unknown region"))
	if l.Unpriced != "" {
		return text + ", without a price: " + l.Unpriced
	}
	return text + ", each " + signed(cost.Delta{Currency: l.Currency, Rate: l.Each})
}

// region is the one of all lines, or none.
func region(c *cost.Cluster) string {
	for i := range c.Lines {
		if c.Lines[i].Region != c.Lines[0].Region {
			return ""
		}
	}
	if len(c.Lines) == 0 {
		return ""
	}
	return c.Lines[0].Region
}

// signed writes a change exactly, with its sign and at least two places.
func signed(d cost.Delta) string {
	text := d.Rate.String()
	point := strings.IndexByte(text, '.')
	for len(text) > point+3 && strings.HasSuffix(text, "0") {
		text = text[:len(text)-1]
	}
	if d.Rate > 0 {
		text = "+" + text
	}
	return strings.TrimSpace(text + " " + string(d.Currency))
}
