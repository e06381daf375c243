package ingesttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Log is a generated log file.
type Log struct {
	Name string
	Data []byte
}

// Logs generates n log files of one account over three days, the same for the
// same seed: calls of many kinds, instances that are launched, tagged, stopped
// and terminated, events that come twice or late, two bodies under one event
// id, and now and then a record or a whole file that is broken.
func Logs(seed uint64, n int) []Log {
	g := generator{random: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	logs := make([]Log, n)
	for i := range logs {
		logs[i] = g.log(i)
	}
	return logs
}

type generator struct {
	random  *rand.Rand
	now     time.Time
	events  int
	running []string // instance ids
	past    []string // records of earlier files
}

func (g *generator) log(i int) Log {
	stamp := g.now.Format("20060102T1504Z")
	l := Log{Name: fmt.Sprintf("111122223333_CloudTrail_eu-west-1_%s_%016d.json.gz", stamp, i)}
	switch {
	case i%23 == 11:
		l.Data = []byte("no JSON at all")
		return l
	case i%29 == 17:
		return l // a folder marker's zero bytes
	}
	records := make([]string, 2+g.random.IntN(12))
	for k := range records {
		records[k] = g.record()
	}
	if i%13 == 5 {
		records = append(records, `{"eventVersion":"1.08","eventTime":"2026-03-01T00:00:00Z",}`)
	}
	l.Data = pack(`{"Records":[`+strings.Join(records, ",")+`]}`, i%5 == 0)
	g.now = g.now.Add(20 * time.Minute)
	return l
}

// pack compresses text, or leaves it plain whatever the file is called.
func pack(text string, plain bool) []byte {
	if plain {
		return []byte(text)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// record is a new record, or one that was there before.
func (g *generator) record() string {
	if len(g.past) > 0 && g.random.IntN(5) == 0 {
		return g.past[g.random.IntN(len(g.past))]
	}
	if len(g.past) > 0 && g.random.IntN(60) == 0 {
		// The same id, another body.
		old := g.past[g.random.IntN(len(g.past))]
		return strings.Replace(old, `"sourceIPAddress":"198.51.100.`, `"sourceIPAddress":"203.0.113.`, 1)
	}
	r := g.call()
	g.past = append(g.past, r)
	return r
}

func (g *generator) call() string {
	switch g.random.IntN(8) {
	case 0, 1:
		id := fmt.Sprintf("i-%017x", 0xabc000+g.events)
		g.running = append(g.running, id)
		return g.ec2("RunInstances", fmt.Sprintf(
			`{"instancesSet":{"items":[{"instanceId":%q,"instanceType":"t3.micro","launchTime":%d,"placement":{"availabilityZone":"eu-west-1a","tenancy":"default"},"instanceState":{"code":0,"name":"pending"}}]}}`,
			id, g.now.UnixMilli()))
	case 2:
		return g.end("TerminateInstances", "shutting-down", true)
	case 3:
		return g.end("StopInstances", "stopping", false)
	default:
		return g.event("iam.amazonaws.com", "ListRoles", "null")
	}
}

func (g *generator) end(name, state string, forget bool) string {
	if len(g.running) == 0 {
		return g.event("s3.amazonaws.com", "ListBuckets", "null")
	}
	i := g.random.IntN(len(g.running))
	id := g.running[i]
	if forget {
		g.running = append(g.running[:i], g.running[i+1:]...)
	}
	return g.ec2(name, fmt.Sprintf(
		`{"instancesSet":{"items":[{"instanceId":%q,"currentState":{"code":32,"name":%q},"previousState":{"code":16,"name":"running"}}]}}`, id, state))
}

func (g *generator) ec2(name, response string) string {
	return g.event("ec2.amazonaws.com", name, response)
}

func (g *generator) event(source, name, response string) string {
	g.events++
	at := g.now.Add(-time.Duration(g.random.IntN(3*3600)) * time.Second)
	user := []string{"ada", "grace", "edsger"}[g.random.IntN(3)]
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA%[1]s","arn":"arn:aws:iam::111122223333:user/%[1]s","accountId":"111122223333","accessKeyId":"AKIA%[1]s","userName":"%[1]s"},`+
		`"eventTime":%[2]q,"eventSource":%[3]q,"eventName":%[4]q,"awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.%[5]d","userAgent":"aws-cli/2.15",`+
		`"requestParameters":null,"responseElements":%[6]s,"requestID":"r-%[7]d","eventID":"%08[7]x-1111-4222-8333-%012[7]x","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`,
		user, at.Format(time.RFC3339), source, name, g.random.IntN(250)+1, response, g.events)
}
