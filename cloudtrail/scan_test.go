package cloudtrail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func scanned(t *testing.T, text string) Record {
	t.Helper()
	var rec Record
	if err := ScanRecord([]byte(text), &rec); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rec
}

func with(member string) string {
	return `{"eventTime":"2023-07-10T11:55:21Z","eventName":"X",` + member + `}`
}

func TestResources(t *testing.T) {
	many := make([]string, MaxResources+10)
	for i := range many {
		many[i] = fmt.Sprintf(`"i-%08x"`, i)
	}
	for _, test := range []struct{ name, member, want string }{
		{"request, then response", `"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]}},"responseElements":{"instanceId":"i-0123456789abcdef0","volumeId":"vol-01234567"}`,
			"i-0123456789abcdef0 vol-01234567"},
		{"ids by their form", `"responseElements":{"a":"subnet-01234567","b":["tgw-attach-0123456789abcdef0","eni-0123456789abcdef0"],"c":"sg-0123456789abcdefg","d":"x-1234567","e":"I-01234567","f":"arn:aws:kms:x"}`,
			"subnet-01234567 tgw-attach-0123456789abcdef0 eni-0123456789abcdef0 arn:aws:kms:x"},
		{"names by their key", `"requestParameters":{"bucketName":"b","roleName":"r","keyId":"1-2","Host":"h","userName":"u"}`, "b r 1-2 u"},
		{"PascalCase", `"requestParameters":{"CreateNatGatewayRequest":{"SubnetId":"subnet-01234567","ClientToken":"x"},"BucketName":"b"}`, "subnet-01234567 b"},
		{"lists of names", `"requestParameters":{"instanceIds":["one","two","one"]}`, "one two"},
		{"resources", `"resources":[{"ARN":"arn:aws:s3:::b","accountId":"1","type":"AWS::S3::Bucket"}]`, "arn:aws:s3:::b"},
		{"service events", `"serviceEventDetails":{"instanceIdSet":["i-01234567"]}`, "i-01234567"},
		{"escapes", `"requestParameters":{"bucketName":"a\u0062c","x":"arn:\u0061"}`, "abc arn:a"},
		{"elsewhere", `"additionalEventData":{"x":"i-01234567"},"userIdentity":{"arn":"arn:x"}`, ""},
		{"no strings", `"requestParameters":{"bucketName":null,"keyId":7,"roleName":{}}`, ""},
		{"too many", `"requestParameters":[` + strings.Join(many, ",") + `]`,
			strings.ReplaceAll(strings.Join(many[:MaxResources], " "), `"`, "")},
	} {
		rec := scanned(t, with(test.member))
		if got := fmt.Sprintf("%s", rec.Resources); got != "["+test.want+"]" {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// Keys match exactly, so that nobody can pass one thing for another.
func TestKeysMatchExactly(t *testing.T) {
	rec := scanned(t, `{"EVENTID":"1","eventid":"2","eventTime":"2023-07-10T11:55:21Z","eventName":"X","EventName":"Y","eventID":"3","eventId":"4"}`)
	if string(rec.EventID) != "3" || string(rec.Name) != "X" {
		t.Errorf("%s %s", rec.EventID, rec.Name)
	}
	if rec = scanned(t, with(`"EVENTID":"1"`)); !strings.HasPrefix(string(rec.EventID), "sha256:") {
		t.Errorf("%s", rec.EventID)
	}
}

// A field of another type is kept as its JSON text.
func TestWrongTypes(t *testing.T) {
	for _, value := range []string{`7`, `-1.5e3`, `true`, `false`, `{"a":[1,{}]}`, `["x","y"]`} {
		var members []string
		for f := eventName; f <= sharedEventID; f++ {
			members = append(members, fmt.Sprintf("%q : %s", fieldNames[f], strings.ReplaceAll(value, ",", " , ")))
		}
		rec := scanned(t, `{"eventTime":"2023-07-10T11:55:21Z",`+strings.Join(members, ",")+`}`)
		for _, got := range [][]byte{
			rec.Name, rec.Source, rec.Type, rec.Category, rec.Region, rec.Account, rec.IP,
			rec.UserAgent, rec.ErrorCode, rec.ErrorMessage, rec.RequestID, rec.SharedEventID,
		} {
			if string(got) != value {
				t.Errorf("got %s, want %s", got, value)
			}
		}
		if rec.ReadOnly != (value == "true") {
			t.Errorf("readOnly of %s is %v", value, rec.ReadOnly)
		}
	}
}

// An Insights event is named after the call it is about.
func TestInsight(t *testing.T) {
	rec := scanned(t, `{"eventVersion":"1.08","eventTime":"2023-07-10T11:55:21Z","eventID":"e","eventType":"AwsCloudTrailInsight","eventCategory":"Insight","sharedEventID":"s","insightDetails":{"state":"Start","eventSource":"autoscaling.amazonaws.com","eventName":"CompleteLifecycleAction","insightType":"ApiCallRateInsight"}}`)
	got := fmt.Sprintf("%s %s %s %s %s", rec.Name, rec.Source, rec.Type, rec.Category, rec.SharedEventID)
	if got != "CompleteLifecycleAction autoscaling.amazonaws.com AwsCloudTrailInsight Insight s" {
		t.Error(got)
	}
}

func TestRaw(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{with(`"x":1`), with(`"x":1`)},
		{"{ \"eventTime\" :\t\"2023-07-10T11:55:21Z\",\n\"eventName\":\"X\",\"x\" : [ 1 , \" \\\" \" ]\r\n}", with(`"x":[1," \" "]`)},
		{with(`"x":"\ud800 \\ud800 \ud83d\ude00 \udc00\udc00 \u00e4"`), with(`"x":"\ufffd \\ud800 \ud83d\ude00 \ufffd\ufffd \u00e4"`)},
	} {
		rec := scanned(t, test.text)
		if string(rec.Raw) != test.want {
			t.Errorf("got %s, want %s", rec.Raw, test.want)
		}
		if again := scanned(t, test.want); again.BodyHash != rec.BodyHash {
			t.Errorf("%s has another hash than %s", test.text, test.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64
	}{
		{"1970-01-01T00:00:00Z", 0},
		{"2023-07-10T11:55:21Z", 1688990121000},
		{"2023-07-10T11:55:21.25Z", 1688990121250},
		{"2023-07-10T13:55:21+02:00", 1688990121000},
		{"2024-02-29T23:59:59Z", 1709251199000},
	} {
		if rec := scanned(t, `{"eventName":"X","eventTime":"`+test.text+`"}`); rec.Time != test.want {
			t.Errorf("%s: %d, want %d", test.text, rec.Time, test.want)
		}
	}
	for _, text := range []string{"", "2023-07-10", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-07-10T24:00:00Z", "2023-07-1xT00:00:00Z", "1688990121"} {
		var rec Record
		if err := ScanRecord([]byte(`{"eventName":"X","eventTime":"`+text+`"}`), &rec); err == nil {
			t.Errorf("%s: %d", text, rec.Time)
		}
	}
}

func TestTimesAsTimeParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "seconds")
		text := time.Unix(seconds, 0).UTC().Format(time.RFC3339)
		if ms, ok := parseTime([]byte(text)); !ok || ms != seconds*1000 {
			t.Fatalf("%s: %d, want %d", text, ms, seconds*1000)
		}
	})
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	raw := []byte(with(`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/x"},"eventID":"e","requestParameters":{"bucketName":"b"}`))
	var rec Record
	if n := testing.AllocsPerRun(100, func() {
		if err := ScanRecord(raw, &rec); err != nil {
			t.Fatal(err)
		}
		Lookup(raw, "requestParameters", "bucketName")
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
