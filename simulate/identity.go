package simulate

// sessionLength is how long a session's credentials hold, in seconds.
const sessionLength = 8 * 3600

// sessionStart is when the actor's session at t began.
func (a *actor) sessionStart(t int64) int64 {
	if a.since > 0 {
		return a.since
	}
	phase := int64(digest(a.name) % sessionLength)
	return t - (t+phase)%sessionLength
}

// appendIdentity appends the userIdentity of a call by a at t.
func appendIdentity(dst []byte, a *actor, t int64) []byte {
	switch a.identity {
	case ssoSession, roleSession, serviceLinked:
		return appendRoleSession(dst, a, t)
	case awsService:
		return text(dst, `{"type":"AWSService","invokedBy":"`, a.name, `"}`)
	case typeless:
		return text(dst, `{"accountId":"`, a.account, `","invokedBy":"`, a.invokedBy, `"}`)
	case centerUser:
		return text(dst, `{"type":"IdentityCenterUser","accountId":"`, a.account, `","onBehalfOf":{"userId":"`, a.name,
			`","identityStoreArn":"arn:aws:identitystore::`, a.account, `:identitystore/d-9067000000"},"credentialId":"`, a.key, `"}`)
	case foreignAccount:
		return text(dst, `{"type":"AWSAccount","principalId":"`, a.unique, `","accountId":"`, a.name, `"}`)
	case unknownUser:
		return text(dst, `{"type":"Unknown","principalId":"","accountId":"","userName":""}`)
	default:
		return appendUser(dst, a)
	}
}

func appendRoleSession(dst []byte, a *actor, t int64) []byte {
	start := a.sessionStart(t)
	dst = text(dst, `{"type":"AssumedRole","principalId":"`, a.unique, `:`, a.name, `","arn":"arn:aws:sts::`, a.account,
		`:assumed-role/`, a.role, `/`, a.name, `","accountId":"`, a.account, `","accessKeyId":"`)
	dst = a.appendSessionKey(dst, start)
	dst = text(dst, `","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"`, a.unique, `","arn":"`)
	dst = text(dst, "arn:aws:iam::", a.account, ":role", a.path, a.role)
	dst = text(dst, `","accountId":"`, a.account, `","userName":"`, a.role, `"},`)
	if a.source != "" {
		dst = text(dst, `"sourceIdentity":"`, a.source, `",`)
	}
	if a.onInstance {
		dst = text(dst, `"ec2RoleDelivery":"2.0",`)
	}
	dst = appendTime(text(dst, `"attributes":{"creationDate":"`), start)
	dst = text(dst, `","mfaAuthenticated":"false"}}`)
	if a.behalf != "" {
		dst = text(dst, `,"onBehalfOf":{"userId":"`, a.behalf, `","identityStoreArn":"arn:aws:identitystore::`, a.account, `:identitystore/d-9067000000"}`)
	}
	if a.invokedBy != "" {
		dst = text(dst, `,"invokedBy":"`, a.invokedBy, `"`)
	}
	return append(dst, '}')
}

// appendSessionKey appends the temporary access key of the session that began
// at start.
func (a *actor) appendSessionKey(dst []byte, start int64) []byte {
	return appendBase32(append(dst, "ASIA"...), mix(digest(a.unique), digest(a.name), uint64(start)), 16)
}

// appendUser appends the identities that are a name below an account.
func appendUser(dst []byte, a *actor) []byte {
	switch a.identity {
	case rootUser:
		return text(dst, `{"type":"Root","principalId":"`, a.account, `","arn":"arn:aws:iam::`, a.account, `:root","accountId":"`, a.account, `"}`)
	case samlUser:
		return text(dst, `{"type":"SAMLUser","principalId":"`, a.unique, `:`, a.name, `","userName":"`, a.name, `","identityProvider":"https://idp.kopter.example/saml"}`)
	case webIdentityUser:
		return text(dst, `{"type":"WebIdentityUser","principalId":"arn:aws:iam::`, a.account, `:oidc-provider/token.actions.example:sts.amazonaws.com:`, a.name,
			`","userName":"`, a.name, `","identityProvider":"arn:aws:iam::`, a.account, `:oidc-provider/token.actions.example"}`)
	case federatedUser:
		return text(dst, `{"type":"FederatedUser","principalId":"`, a.account, `:`, a.name, `","arn":"arn:aws:sts::`, a.account, `:federated-user/`, a.name,
			`","accountId":"`, a.account, `","accessKeyId":"`, a.key, `"}`)
	case bareRole:
		return text(dst, `{"type":"Role","principalId":"`, a.unique, `","arn":"arn:aws:iam::`, a.account, `:role/`, a.name, `","accountId":"`, a.account, `"}`)
	case directoryUser:
		return text(dst, `{"type":"Directory","principalId":"`, a.name, `","accountId":"`, a.account, `","userName":"`, a.name, `"}`)
	default:
		return text(dst, `{"type":"IAMUser","principalId":"`, a.unique, `","arn":"arn:aws:iam::`, a.account, `:user/`, a.name,
			`","accountId":"`, a.account, `","accessKeyId":"`, a.key, `","userName":"`, a.name, `"}`)
	}
}

func text(dst []byte, parts ...string) []byte {
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}
