package cost

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/usage"
)

// EncodeJSON writes the row as one object: start, the fields that it is
// grouped by under their own names, then the amount (a decimal string), its
// currency and the seconds.
func (r *Row) EncodeJSON(e *jsontext.Encoder, by []string) error {
	o := object{e: e}
	o.token(jsontext.BeginObject)
	o.text("start", clock(r.Start))
	for k, name := range by {
		o.text(name, r.Values[k])
	}
	o.text("amount", r.Amount.String())
	o.text("currency", string(r.Currency))
	o.number("seconds", r.Seconds)
	o.number("unpriced_seconds", r.UnpricedSeconds)
	o.number("padded_seconds", r.PaddedSeconds)
	o.number("uncertain_seconds", r.UncertainSeconds)
	o.number("assumed_seconds", r.AssumedSeconds)
	o.number("marketplace_seconds", r.MarketplaceSeconds)
	o.token(jsontext.EndObject)
	return o.err
}

// MarshalJSONTo writes the step as one object. not_after and unpriced are left
// out where they say nothing; delta_per_hour is a decimal string.
func (s Step) MarshalJSONTo(e *jsontext.Encoder) error {
	o := object{e: e}
	o.token(jsontext.BeginObject)
	o.text("time", clock(s.Time))
	if s.NotAfter != s.Time {
		o.text("not_after", clock(s.NotAfter))
	}
	o.text("resource", s.Resource)
	o.text("account", s.Account)
	o.text("region", s.Region)
	o.text("type", s.Type)
	o.text("kind", string(s.Kind))
	o.text("delta_per_hour", s.Delta.String())
	o.text("currency", string(s.Currency))
	if s.Unpriced != "" {
		o.text("unpriced", s.Unpriced)
	}
	o.text("event_id", s.Cause.EventID)
	o.text("event_name", s.Cause.EventName)
	o.text("principal", s.Principal())
	o.text("actor", s.Actor())
	o.text("ip", s.Cause.IP)
	o.text("user_agent", s.Cause.UserAgent)
	o.texts("evidence", s.Evidence)
	o.token(jsontext.EndObject)
	return o.err
}

func clock(t usage.Seconds) string { return time.Unix(t, 0).UTC().Format(time.RFC3339) }

// object writes the members of a JSON object until one fails.
type object struct {
	e   *jsontext.Encoder
	err error
}

func (o *object) token(t jsontext.Token) {
	if o.err == nil {
		o.err = o.e.WriteToken(t)
	}
}

func (o *object) text(name, value string) {
	o.token(jsontext.String(name))
	o.token(jsontext.String(value))
}

func (o *object) number(name string, value int64) {
	o.token(jsontext.String(name))
	o.token(jsontext.Int(value))
}

func (o *object) texts(name string, values []string) {
	o.token(jsontext.String(name))
	o.token(jsontext.BeginArray)
	for _, v := range values {
		o.token(jsontext.String(v))
	}
	o.token(jsontext.EndArray)
}

var _ json.MarshalerTo = Step{}
