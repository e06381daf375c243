package simulate

import "fmt"

// identity is a form of userIdentity. Source: spec/cloudtrail.md, "Who did it".
type identity uint8

const (
	ssoSession      identity = iota // a person through the identity center
	iamUser                         //
	roleSession                     // AssumedRole: builds, functions, instances
	serviceLinked                   // AssumedRole of a service's own role
	awsService                      // AWSService, no ARN
	rootUser                        //
	federatedUser                   //
	samlUser                        //
	webIdentityUser                 //
	centerUser                      // IdentityCenterUser, at the access portal
	foreignAccount                  // AWSAccount: a call from outside
	directoryUser                   //
	bareRole                        // Role, without a session
	unknownUser                     //
	typeless                        // no type at all, as in BidEvictedEvent
)

// actor is somebody or something that calls AWS.
type actor struct {
	identity  identity
	account   string
	name      string // session name, user name or service
	role      string // role name, for sessions
	path      string // of the role: "/", "/aws-reserved/sso.amazonaws.com/"
	unique    string // AIDA… or AROA…
	address   string
	agents    []string
	invokedBy string
	// behalf is the identity-center user on whose behalf a session acts, and
	// source the source identity that a session carries; mostly empty.
	behalf, source string
	onInstance     bool // credentials from the instance's metadata service
	key            string
	since          int64 // when its session began, if an AssumeRole tells; else 0
	calls          []*call
	weights        []int64 // cumulative, of calls
}

type weightedActor struct {
	upTo  int64 // cumulative
	actor *actor
}

// Principal is whom the bill's createdBy would name: the ARN without the
// session, or the service.
func (a *actor) principal() string {
	switch a.identity {
	case ssoSession, roleSession, serviceLinked, bareRole:
		return "arn:aws:iam::" + a.account + ":role" + a.path + a.role
	case rootUser:
		return "arn:aws:iam::" + a.account + ":root"
	case iamUser:
		return "arn:aws:iam::" + a.account + ":user/" + a.name
	default:
		return a.name
	}
}

// human is who stands behind the actor, as far as an event tells: first the
// identity-center user, then the source identity, then the session or user.
func (a *actor) human() string {
	switch {
	case a.behalf != "":
		return a.behalf
	case a.source != "":
		return a.source
	case a.identity == rootUser:
		return "root"
	default:
		return a.name
	}
}

var (
	consoleAgents = []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.225 OpenJDK_64-Bit_Server_VM/25.422-b05 java/1.8.0_422 vendor/Oracle_Corporation cfg/retry-mode/standard]",
	}
	commandAgents = []string{
		"aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux md/arch#x86_64 lang/python#3.13.4 md/prompt#off md/command#ec2.describe",
		"Boto3/1.39.4 md/Botocore#1.39.4 ua/2.1 os/linux#6.8.0 lang/python#3.12.3 cfg/retry-mode#legacy",
	}
	terraformAgents = []string{
		"APN/1.0 HashiCorp/1.0 Terraform/1.12.2 (+https://www.terraform.io) terraform-provider-aws/6.3.0 aws-sdk-go-v2/1.36.5 os/linux lang/go#1.23.10",
	}
	sdkAgents = []string{
		"aws-sdk-go-v2/1.36.5 os/linux lang/go#1.24.4 exec-env/AWS_Lambda_provided.al2023",
		"aws-sdk-js/3.840.0 lang/js md/nodejs#22.16.0 exec-env/AWS_Lambda_nodejs22.x",
		"aws-sdk-java/2.31.70 md/http#NettyNio os/Linux#6.1.141 lang/java#21.0.7",
	}
)

// staff gives a home unit the actors of its noise.
func (u *unit) staff() {
	r := &random{mix(u.seed, digest("staff"))}
	for range 4 {
		u.hire(30, u.ssoSession(r, pick(r, u.world.people)), humanCalls)
	}
	u.hire(260, u.user(r, pick(r, u.world.people).name, commandAgents), scriptCalls)
	u.hire(110, u.builder(r), terraformCalls)
	for range 5 {
		u.hire(70, u.function(r), functionCalls)
	}
	u.hire(90, u.instanceRole(r), scriptCalls)
	u.hire(50, u.linked(r, "autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScaling"), watchCalls)
	u.hire(50, u.linked(r, "config.amazonaws.com", "AWSServiceRoleForConfig", "AWSConfig-Describe"), watchCalls)
	u.hire(200, u.service("lambda.amazonaws.com"), serviceCalls)
	u.hire(30, u.service("ec2.amazonaws.com"), serviceCalls)
	u.rareActors(r)
}

// rareActors are the forms of identity that a log holds now and then.
func (u *unit) rareActors(r *random) {
	who := pick(r, u.world.people)
	u.hire(2, u.with(r, federatedUser, who.name), humanCalls)
	u.hire(2, u.with(r, directoryUser, who.name), humanCalls)
	u.hire(3, u.with(r, bareRole, "legacy-batch"), scriptCalls)
	u.hire(2, u.with(r, unknownUser, ""), deniedCalls)
	u.hire(3, u.with(r, foreignAccount, fmt.Sprintf("%012d", r.below(1e12))), deniedCalls)
}

// staffGlobal gives the unit of the global services its noise: sign-in, IAM
// and STS of an account that works elsewhere.
func (u *unit) staffGlobal() {
	r := &random{mix(u.seed, digest("staff"))}
	for range 3 {
		u.hire(30, u.ssoSession(r, pick(r, u.world.people)), globalCalls)
	}
	u.hire(10, u.with(r, samlUser, pick(r, u.world.people).mail), samlCalls)
	u.hire(12, u.with(r, webIdentityUser, "repo:kopter-example/shop:ref:refs/heads/main"), webCalls)
	u.hire(20, u.with(r, centerUser, pick(r, u.world.people).id), portalCalls)
	u.hire(2, u.with(r, rootUser, ""), rootCalls)
}

func (u *unit) hire(weight int64, a *actor, calls []weightedCall) {
	for _, c := range calls {
		last := int64(0)
		if n := len(a.weights); n > 0 {
			last = a.weights[n-1]
		}
		a.calls = append(a.calls, callNamed(c.name))
		a.weights = append(a.weights, last+c.weight)
	}
	u.total += weight
	u.noise = append(u.noise, weightedActor{u.total, a})
}

func (u *unit) with(r *random, form identity, name string) *actor {
	a := &actor{identity: form, account: u.account.id, name: name, path: "/", agents: consoleAgents, address: pick(r, u.world.people).address}
	a.role = name
	a.unique = "AIDA" + string(appendBase32(nil, r.next(), 17))
	a.key = "AKIA" + string(appendBase32(nil, r.next(), 16))
	return a
}

func (u *unit) user(r *random, name string, agents []string) *actor {
	a := u.with(r, iamUser, name)
	a.agents = agents
	return a
}

func (u *unit) session(r *random, role, name string, agents []string) *actor {
	a := u.with(r, roleSession, name)
	a.role, a.agents = role, agents
	a.unique = "AROA" + string(appendBase32(nil, mix(digest(role), digest(u.account.id)), 17))
	return a
}

// ssoSession is a person at work; some sessions name the person's identity.
func (u *unit) ssoSession(r *random, who person) *actor {
	role := "AWSReservedSSO_" + pick(r, []string{"Developer", "PowerUser", "ReadOnly"}) + "_" + string(appendHex(nil, digest(u.account.id), 16))
	a := u.session(r, role, who.mail, append(append([]string{}, consoleAgents...), commandAgents...))
	a.identity = ssoSession
	a.path = "/aws-reserved/sso.amazonaws.com/"
	a.address = who.address
	if r.chance(250) {
		a.behalf = who.id
	}
	return a
}

func (u *unit) builder(r *random) *actor {
	a := u.session(r, "ci-deploy", "GitHubActions", terraformAgents)
	a.address = fmt.Sprintf("203.0.113.%d", r.between(10, 60))
	if r.chance(500) {
		a.source = pick(r, u.world.people).name
	}
	return a
}

func (u *unit) function(r *random) *actor {
	name := pick(r, []string{"order-intake", "thumbnailer", "invoice-mailer", "stock-sync", "session-reaper", "price-feed", "click-stream"})
	a := u.session(r, name+"-role", name, sdkAgents[:2])
	a.address = fmt.Sprintf("203.0.113.%d", r.between(100, 240))
	return a
}

func (u *unit) instanceRole(r *random) *actor {
	a := u.session(r, "app-server", "i-0"+string(appendHex(nil, r.next(), 16)), sdkAgents[2:])
	a.address = fmt.Sprintf("10.%d.%d.%d", r.below(200), r.below(250), r.between(4, 250))
	a.onInstance = true
	return a
}

func (u *unit) linked(r *random, service, role, session string) *actor {
	a := u.session(r, role, session, []string{service})
	a.identity, a.invokedBy, a.address = serviceLinked, service, service
	a.path = "/aws-service-role/" + service + "/"
	return a
}

func (u *unit) service(name string) *actor {
	return &actor{identity: awsService, account: u.account.id, name: name, invokedBy: name, address: name, agents: []string{name}}
}
