package audit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
)

// tenant is whose lake the tests write.
const tenant = account.Local

// start is the time of the first generated event.
var start = time.Date(2023, 7, 10, 12, 0, 0, 0, time.UTC).UnixMilli()

// makeRecord gives a record with that id, time and body.
func makeRecord(id int, at int64, body string) *cloudtrail.Record {
	raw := fmt.Sprintf(`{"eventID":"event-%06d","body":%q}`, id, body)
	return &cloudtrail.Record{
		Time:     at,
		Account:  []byte("123456789012"),
		EventID:  fmt.Appendf(nil, "event-%06d", id),
		Region:   []byte("eu-west-1"),
		Source:   []byte("ec2.amazonaws.com"),
		Name:     []byte("RunInstances"),
		Actor:    []byte("alice"),
		Raw:      []byte(raw),
		BodyHash: xxhash.Sum64String(raw),
		Resources: [][]byte{
			fmt.Appendf(nil, "i-%08x", id), []byte("arn:aws:s3:::logs"),
		},
	}
}

// generator makes records shaped like those of a busy account: some 1.2 kB of
// raw text, few services, names and principals, and ids that never repeat.
type generator struct {
	rnd  *rand.Rand
	time int64
	rec  cloudtrail.Record
	raw  []byte
}

func newGenerator(seed uint64) *generator {
	return &generator{rnd: rand.New(rand.NewPCG(seed, 1)), time: start}
}

func (g *generator) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[g.rnd.IntN(16)]
	}
	return string(b)
}

func (g *generator) uuid() string {
	return g.hex(8) + "-" + g.hex(4) + "-" + g.hex(4) + "-" + g.hex(4) + "-" + g.hex(12)
}

// next makes a record, valid until the next call.
func (g *generator) next() *cloudtrail.Record {
	g.time += int64(g.rnd.IntN(2)) * 1000
	service := g.rnd.IntN(12)
	name := fmt.Sprintf("DescribeThings%d", g.rnd.IntN(20)*service)
	role := fmt.Sprintf("service-role-%d", g.rnd.IntN(200))
	session := fmt.Sprintf("session-%d", g.rnd.IntN(3000))
	accountID := fmt.Sprintf("%012d", 100000000000+g.rnd.IntN(10))
	key := fmt.Sprintf("ASIA%016X", g.rnd.IntN(4000)*7919)
	instance := fmt.Sprintf("i-%017x", g.rnd.IntN(5000)*104729)
	ip := fmt.Sprintf("10.%d.%d.%d", g.rnd.IntN(4), g.rnd.IntN(16), g.rnd.IntN(256))
	agent := fmt.Sprintf("aws-sdk-go-v2/1.21.%d os/linux lang/go#1.20.%d md/GOOS#linux md/GOARCH#amd64 api/thing#1.%d.0", g.rnd.IntN(9), g.rnd.IntN(8), g.rnd.IntN(30))
	id, request := g.uuid(), g.uuid()
	region := [...]string{"us-east-1", "eu-west-1", "eu-central-1"}[g.rnd.IntN(3)]
	stamp := time.UnixMilli(g.time).UTC().Format(time.RFC3339)
	arn := "arn:aws:sts::" + accountID + ":assumed-role/" + role + "/" + session
	g.raw = fmt.Appendf(g.raw[:0], `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:%s","arn":"%s","accountId":"%s","accessKeyId":"%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%016X","arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"webIdFederationData":{},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},"eventTime":"%s","eventSource":"service%d.amazonaws.com","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s","requestParameters":{"instancesSet":{"items":[{"instanceId":"%s"}]},"filterSet":{},"maxResults":%d},"responseElements":null,"requestID":"%s","eventID":"%s","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":"service%d.%s.amazonaws.com"}}`,
		g.rnd.IntN(200)*6700417, session, arn, accountID, key, g.rnd.IntN(200)*6700417, accountID, role, accountID, role,
		stamp, stamp, service, name, region, ip, agent, instance, g.rnd.IntN(1000), request, id, accountID, service, region)
	g.rec = cloudtrail.Record{
		Time: g.time, EventID: []byte(id), Account: []byte(accountID), Region: []byte(region),
		Source: fmt.Appendf(nil, "service%d.amazonaws.com", service), Name: []byte(name),
		Type: []byte("AwsApiCall"), Category: []byte("Management"),
		Actor: []byte(session), ActorType: []byte("AssumedRole"),
		Principal: []byte("arn:aws:iam::" + accountID + ":role/" + role), Session: []byte(session), AccessKey: []byte(key),
		IP: []byte(ip), UserAgent: []byte(agent), ReadOnly: true, RequestID: []byte(request),
		Resources: [][]byte{[]byte(instance), []byte("arn:aws:iam::" + accountID + ":role/" + role)},
		Raw:       g.raw, BodyHash: xxhash.Sum64(g.raw),
	}
	return &g.rec
}

// add adds records to a batch and wants the outcomes.
func add(t testing.TB, b *audit.Batch, want audit.Outcome, records ...*cloudtrail.Record) {
	t.Helper()
	for _, rec := range records {
		got, err := b.Add(context.Background(), rec, "file")
		if err != nil {
			t.Fatalf("add %s: %v", rec.EventID, err)
		}
		if got != want {
			t.Fatalf("add %s: outcome %d, want %d", rec.EventID, got, want)
		}
	}
}

// begin opens a batch.
func begin(t testing.TB, lake *audit.Lake) *audit.Batch {
	t.Helper()
	b, err := lake.Begin(tenant)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// finish finishes a batch.
func finish(t testing.TB, b *audit.Batch) audit.Change {
	t.Helper()
	change, err := b.Finish(context.Background())
	if err != nil {
		t.Fatalf("finish: %v", err)
	}
	return change
}

// apply makes a change visible.
func apply(t testing.TB, m *audittest.Memory, change audit.Change) {
	t.Helper()
	if err := m.Apply(context.Background(), tenant, change); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// commit finishes a batch and makes it visible.
func commit(t testing.TB, m *audittest.Memory, b *audit.Batch) audit.Change {
	t.Helper()
	change := finish(t, b)
	apply(t, m, change)
	b.Committed()
	return change
}

// fresh overwrites an event id with one that was not there before.
func (g *generator) fresh(id []byte) []byte {
	const digits = "0123456789abcdef"
	bits := g.rnd.Uint64()
	for i := 0; i < 16; i++ {
		id[20+i] = digits[bits>>(4*i)&15]
	}
	return id
}
