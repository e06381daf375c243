package cloudtrail

import (
	"fmt"
	"testing"
)

func TestIdentity(t *testing.T) {
	const role = `"arn":"arn:aws:sts::123456789012:assumed-role/Admin/bert-jan","principalId":"AROAEXAMPLE:bert-jan","accountId":"123456789012"`
	const issuer = `"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/ops/Admin","userName":"Admin"}`
	for _, test := range []struct {
		name, identity            string
		actor, principal, session string
	}{
		{"IAMUser", `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::123456789012:user/path/bert-jan","userName":"bert-jan"}`,
			"bert-jan", "arn:aws:iam::123456789012:user/path/bert-jan", ""},
		{"IAMUser with a session", `{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/b","sessionContext":{"attributes":{"mfaAuthenticated":"true"},"sessionIssuer":{}}}`,
			"b", "arn:aws:iam::123456789012:user/b", ""},
		{"AssumedRole", `{"type":"AssumedRole",` + role + `,"sessionContext":{` + issuer + `}}`,
			"bert-jan", "arn:aws:iam::123456789012:role/ops/Admin", "bert-jan"},
		{"AssumedRole without issuer", `{"type":"AssumedRole",` + role + `}`,
			"bert-jan", "arn:aws:iam::123456789012:role/Admin", "bert-jan"},
		{"AssumedRole in China", `{"type":"AssumedRole","arn":"arn:aws-cn:sts::123456789012:assumed-role/A/s@x.cn"}`,
			"s@x.cn", "arn:aws-cn:iam::123456789012:role/A", "s@x.cn"},
		{"AssumedRole without ARN", `{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-0123456789abcdef0"}`,
			"i-0123456789abcdef0", "AROAEXAMPLE", "i-0123456789abcdef0"},
		{"AssumedRole without session", `{"type":"AssumedRole","principalId":"AROAEXAMPLE","sessionContext":{` + issuer + `}}`,
			"AROAEXAMPLE", "arn:aws:iam::123456789012:role/ops/Admin", ""},
		{"Role", `{"type":"Role","arn":"arn:aws:iam::123456789012:role/ops/Admin","principalId":"AROAEXAMPLE"}`,
			"Admin", "arn:aws:iam::123456789012:role/ops/Admin", ""},
		{"source identity", `{"type":"AssumedRole",` + role + `,"sessionContext":{"sourceIdentity":"alice",` + issuer + `}}`,
			"alice", "arn:aws:iam::123456789012:role/ops/Admin", "bert-jan"},
		{"on behalf of", `{"type":"AssumedRole",` + role + `,"onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:x"},"sessionContext":{"sourceIdentity":"alice",` + issuer + `}}`,
			"u-1", "arn:aws:iam::123456789012:role/ops/Admin", "bert-jan"},
		{"IdentityCenterUser", `{"type":"IdentityCenterUser","accountId":"123456789012","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:x"},"credentialId":"c"}`,
			"u-1", "u-1", ""},
		{"Root", `{"type":"Root","principalId":"123456789012","arn":"arn:aws:iam::123456789012:root","accountId":"123456789012"}`,
			"root", "arn:aws:iam::123456789012:root", ""},
		{"Root without ARN", `{"type":"Root","principalId":"123456789012"}`, "root", "123456789012", ""},
		{"FederatedUser", `{"type":"FederatedUser","arn":"arn:aws:sts::123456789012:federated-user/bob","principalId":"123456789012:bob","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/alice"}}}`,
			"bob", "arn:aws:sts::123456789012:federated-user/bob", ""},
		{"SAMLUser", `{"type":"SAMLUser","principalId":"hash=:bob@example.com","userName":"bob@example.com","identityProvider":"hash="}`,
			"bob@example.com", "hash=:bob@example.com", ""},
		{"WebIdentityUser", `{"type":"WebIdentityUser","principalId":"accounts.google.com:app:107","userName":"107","identityProvider":"accounts.google.com"}`,
			"107", "accounts.google.com:app:107", ""},
		{"AWSService", `{"type":"AWSService","invokedBy":"autoscaling.amazonaws.com"}`,
			"autoscaling.amazonaws.com", "autoscaling.amazonaws.com", ""},
		{"AWSService of old", `{"type":"AWSService","principalId":"ec2.amazonaws.com"}`, "ec2.amazonaws.com", "ec2.amazonaws.com", ""},
		{"AWSAccount", `{"type":"AWSAccount","principalId":"AROAEXAMPLE:session","accountId":"999999999999"}`,
			"session", "AROAEXAMPLE", "session"},
		{"AWSAccount of a user", `{"type":"AWSAccount","principalId":"AIDAEXAMPLE","accountId":"999999999999"}`,
			"AIDAEXAMPLE", "AIDAEXAMPLE", ""},
		{"AWSAccount alone", `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`, "ANONYMOUS_PRINCIPAL", "", ""},
		{"Directory", `{"type":"Directory","userName":"bob","principalId":"d-1"}`, "bob", "d-1", ""},
		{"failed console login", `{"type":"IAMUser","accountId":"123456789012","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`,
			"HIDDEN_DUE_TO_SECURITY_REASONS", "HIDDEN_DUE_TO_SECURITY_REASONS", ""},
		{"Unknown", `{"type":"Unknown"}`, "", "", ""},
		{"no type", `{"accountId":"123456789012","invokedBy":"ec2.amazonaws.com"}`, "ec2.amazonaws.com", "ec2.amazonaws.com", ""},
		{"null", `null`, "", "", ""},
		{"no object", `["arn:x"]`, "", "", ""},
		{"members of other types", `{"type":7,"arn":null,"principalId":{"a": 1},"sessionContext":[1],"onBehalfOf":"x","userName":true}`, "true", `{"a":1}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var rec Record
			text := `{"eventTime":"2023-07-10T11:55:21Z","eventName":"X","userIdentity":` + test.identity + `}`
			if err := ScanRecord([]byte(text), &rec); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s | %s | %s", rec.Actor, rec.Principal, rec.Session)
			if want := fmt.Sprintf("%s | %s | %s", test.actor, test.principal, test.session); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
