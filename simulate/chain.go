package simulate

// assume lets somebody assume a role at t and gives the session. The key that
// the session's calls show is the one that AssumeRole answered, so that a
// reader can follow a call to whoever stands behind the session.
func (p *planner) assume(t int64, by *actor, role, name string, agents []string) *actor {
	s := p.u.session(p.r, role, name, agents)
	s.address, s.since = by.address, t
	if a := p.call(t, by, "AssumeRole"); a != nil {
		a.granted, a.agent = s, commandAgents[0]
	}
	return s
}

// through is the session as a service uses it that acts for it: the same
// identity and key, but the service's name where an address would be.
func (a *actor) through(service string) *actor {
	via := *a
	via.invokedBy, via.address, via.agents = service, service, []string{service}
	return &via
}

// person is somebody of the staff who works through the identity center.
func (p *planner) person() *actor { return p.staff[p.r.below(ssoStaff)] }

// stage plans one of the calls below.
func (p *planner) stage(t int64, by *actor, c *call, group string, lives ...*life) *action {
	a := p.u.plan(p.r, t, callDeed, by, lives...)
	if a != nil {
		a.call, a.group = c, group
	}
	return a
}

const targetGroup = `"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<group>/<hex17>","targets":[<targets>]`

// The calls that only stories make: the noise's catalogue keeps its order, and
// with it the bytes of every simulation.
var (
	newTemplate = write("ec2", "CreateLaunchTemplateVersion", `{"CreateLaunchTemplateVersionRequest":{"LaunchTemplateName":"<group>","SourceVersion":"$Latest","LaunchTemplateData":{"ImageId":"ami-<hex17>"}}}`,
		`{"CreateLaunchTemplateVersionResponse":{"requestId":"<uuid>","launchTemplateVersion":{"launchTemplateName":"<group>","versionNumber":<number>,"defaultVersion":false}}}`)
	newRelease = write("autoscaling", "StartInstanceRefresh", `{"autoScalingGroupName":"<group>","strategy":"Rolling","preferences":{"minHealthyPercentage":90,"instanceWarmup":20}}`, `{"instanceRefreshId":"<uuid>"}`)
	register   = write("elasticloadbalancing", "RegisterTargets", `{`+targetGroup+`}`, ``)
	drain      = write("elasticloadbalancing", "DeregisterTargets", `{`+targetGroup+`}`, ``)
	signIn     = write("signin", "ConsoleLogin", ``, `{"ConsoleLogin":"Success"}`).with(signInExtra).of("AwsConsoleSignIn")
	signInVain = write("signin", "ConsoleLogin", ``, `{"ConsoleLogin":"Failure"}`).with(signInExtra).of("AwsConsoleSignIn")
	lockKey    = write("iam", "UpdateAccessKey", `{"userName":"<as>","status":"Inactive","accessKeyId":"<stolen>"}`, ``)
)

const signInExtra = `{"LoginTo":"https://console.aws.amazon.com/console/home?region=<region>","MobileVersion":"No","MFAUsed":"Yes"}`
