package usage

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example() *statement {
	return &statement{
		kind: kindLaunch, at: day, region: "us-east-1", zone: "us-east-1a", state: statePending,
		shape: patch{typ: "t3.micro", tenancy: "Shared", purchase: onDemand, cpus: 2, windows: true, marketplace: yes},
		tags:  Tags{"team": "a", "env": "", "": "b"},
		cause: Cause{EventID: "e1", EventName: "RunInstances", Time: day, Principal: "p", Actor: "a", IP: "1.2.3.4"},
	}
}

// Stored facts are read by later versions: this encoding must not change but
// with its version.
func TestEncodingIsStable(t *testing.T) {
	const want = "\x01\x01\x06\x01\x80\xa8\xa0\xd5\x0c\x00\x00"
	if got := string(example().encode()); got[:len(want)] != want {
		t.Errorf("encoding begins %q, want %q", got[:len(want)], want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	whole := example().encode()
	for n := range whole {
		var s statement
		if err := s.decode(whole[:n]); !errors.Is(err, errEncoding) {
			t.Errorf("the first %d bytes: %v, want errEncoding", n, err)
		}
	}
	for what, data := range map[string][]byte{
		"a longer one":     append(whole[:len(whole):len(whole)], 0),
		"a later version":  append([]byte{encodingVersion + 1}, whole[1:]...),
		"an unknown kind":  append([]byte{encodingVersion, byte(kindEnd)}, whole[2:]...),
		"an unknown flag":  append([]byte{encodingVersion, 1, flagEnd}, whole[3:]...),
		"an unknown state": append([]byte{encodingVersion, 1, 0, byte(stateEnd)}, whole[4:]...),
	} {
		var s statement
		if err := s.decode(data); !errors.Is(err, errEncoding) {
			t.Errorf("%s: %v, want errEncoding", what, err)
		}
	}
	if _, err := TimelineOf([]Fact{{Resource: "i-1", Key: "k", Data: []byte("x")}}, Horizon{}); !errors.Is(err, errEncoding) {
		t.Errorf("timeline of it: %v, want errEncoding", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(example().encode())
	f.Add((&statement{kind: kindUntag, untag: []tagMatch{{"a", "b", false}, {"c", "", true}}}).encode())
	f.Add((&statement{kind: kindSeen, launched: 1, ended: 2, reason: hibernated, state: stateStopped, tags: Tags{}}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		var s, again statement
		if s.decode(data) != nil {
			return
		}
		if err := again.decode(s.encode()); err != nil {
			t.Fatalf("own encoding: %v", err)
		}
		if diff := cmp.Diff(s, again, cmp.AllowUnexported(statement{}, patch{}, tagMatch{})); diff != "" {
			t.Errorf("decoded again: %s", diff)
		}
		if _, err := TimelineOf([]Fact{{Resource: "i-1", Key: "k", Data: data}}, Horizon{until: NoLimit}); err != nil {
			t.Error(err)
		}
	})
}
