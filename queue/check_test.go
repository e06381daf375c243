package queue_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/queue"
)

func TestOutgoingValidate(t *testing.T) {
	tests := []struct {
		name string
		m    queue.Outgoing
		want string // part of the error; "" for none
	}{
		{"a plain one", queue.Outgoing{Queue: "ec2-events", Body: []byte("{}")}, ""},
		{"the longest", queue.Outgoing{Queue: strings.Repeat("q", 80), Body: make([]byte, queue.MaxBody), Delay: queue.MaxDelay}, ""},
		{"no queue", queue.Outgoing{Body: []byte("{}")}, "no name of a queue"},
		{"a path for a queue", queue.Outgoing{Queue: "../x", Body: []byte("{}")}, "no name of a queue"},
		{"a long name", queue.Outgoing{Queue: strings.Repeat("q", 81), Body: []byte("{}")}, "no name of a queue"},
		{"no body", queue.Outgoing{Queue: "q"}, ""},
		{"one byte too long", queue.Outgoing{Queue: "q", Body: bytes.Repeat([]byte("x"), queue.MaxBody+1)}, "too large"},
		{"a negative delay", queue.Outgoing{Queue: "q", Body: []byte("{}"), Delay: -1}, "delay"},
		{"a long delay", queue.Outgoing{Queue: "q", Body: []byte("{}"), Delay: queue.MaxDelay + 1}, "delay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.m.Validate(), tt.want) })
	}
}

func TestPolicyValidate(t *testing.T) {
	good := queue.Policy{Name: "q", Visibility: time.Minute, MaxReceives: 1}
	tests := []struct {
		name   string
		change func(*queue.Policy)
		want   string
	}{
		{"a plain one", func(*queue.Policy) {}, ""},
		{"no name", func(p *queue.Policy) { p.Name = "" }, "no name of a queue"},
		{"no visibility", func(p *queue.Policy) { p.Visibility = 0 }, "visibility"},
		{"a long visibility", func(p *queue.Policy) { p.Visibility = queue.MaxVisibility + 1 }, "visibility"},
		{"no delivery", func(p *queue.Policy) { p.MaxReceives = 0 }, "at least once"},
		{"a negative retention", func(p *queue.Policy) { p.Retention = -1 }, "retention"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := good
			tt.change(&p)
			wantError(t, p.Validate(), tt.want)
		})
	}
}

func wantError(t *testing.T, err error, words string) {
	t.Helper()
	if words == "" && err != nil {
		t.Errorf("got %v", err)
	}
	if words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
		t.Errorf("got %v, want it to say %q", err, words)
	}
}

func TestTooLargeIsNamed(t *testing.T) {
	err := queue.Outgoing{Queue: "q", Body: make([]byte, queue.MaxBody+1)}.Validate()
	if !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestKept(t *testing.T) {
	if got := (queue.Policy{}).Kept(); got != queue.DefaultRetention {
		t.Errorf("kept for %v without a retention", got)
	}
	if got := (queue.Policy{Retention: time.Hour}).Kept(); got != time.Hour {
		t.Errorf("kept for %v, want an hour", got)
	}
}

func TestCheckBatch(t *testing.T) {
	wantError(t, queue.CheckBatch(queue.MaxBatch), "")
	wantError(t, queue.CheckBatch(queue.MaxBatch+1), "at most 10000")
}

func TestEachTellsWhatFailed(t *testing.T) {
	odd := errors.New("odd")
	handle := queue.Each(func(_ context.Context, m queue.Message) error {
		if len(m.ID)%2 == 1 {
			return odd
		}
		return nil
	})
	failed := handle(t.Context(), []queue.Message{{ID: "a"}, {ID: "bb"}, {ID: "ccc"}})
	if len(failed) != 2 || failed["a"] != odd || failed["ccc"] != odd {
		t.Errorf("failed: %v, want a and ccc", failed)
	}
}
