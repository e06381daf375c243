package simulate

// call is an API call as CloudTrail records it: the texts are the values of
// requestParameters, responseElements, additionalEventData and resources.
type call struct {
	service, name        string
	reads                bool
	request, response    template // empty: null
	extra, resources     template // empty: absent
	kind                 string   // eventType when not AwsApiCall
	errorPerMille        int64
	errorCode, errorText string
	index                int // in the catalogue
}

type weightedCall struct {
	name   string
	weight int64
}

// write and read shorten the table below.
func read(service, name, request string) *call {
	return &call{service: service, name: name, reads: true, request: compile(request)}
}

func write(service, name, request, response string) *call {
	return &call{service: service, name: name, request: compile(request), response: compile(response)}
}

func (c *call) about(resources string) *call { c.resources = compile(resources); return c }
func (c *call) with(extra string) *call      { c.extra = compile(extra); return c }
func (c *call) answers(text string) *call    { c.response = compile(text); return c }
func (c *call) of(kind string) *call         { c.kind = kind; return c }

// fails gives the call an error in so many of a thousand cases.
func (c *call) fails(perMille int64, code, text string) *call {
	c.errorPerMille, c.errorCode, c.errorText = perMille, code, text
	return c
}

const (
	storageExtra = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<token>","bytesTransferredOut":<number>}`
	bucketAbout  = `[{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`
	keyAbout     = `[{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<kms>"}]`
	roleAbout    = `[{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"arn:aws:iam::<account>:role/<role>"}]`
	denied       = "User is not authorized to perform this action because no identity-based policy allows it"
	assumed      = `{"credentials":{"accessKeyId":"<key>","sessionToken":"<session>","expiration":"<expiry>"},"assumedRoleUser":{"assumedRoleId":"<unique>:<as>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<as>"}}`
	encryption   = `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"arn:aws:kms:<region>:<account>:key/<kms>","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"}}`
)

// catalogue lists every call of the noise. Calls on instances that a plan
// makes are in actions.go.
var catalogue = numbered([]*call{
	read("ec2", "DescribeInstances", `{"instancesSet":{"items":[{"instanceId":"i-<hex17>"}]},"filterSet":{}}`).fails(15, "Client.UnauthorizedOperation", "You are not authorized to perform this operation."),
	read("ec2", "DescribeSecurityGroups", `{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-<hex17>"}]},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-<hex17>"}]}}]}}`),
	read("ec2", "DescribeVolumes", `{"volumeSet":{"items":[{"volumeId":"vol-<hex17>"}]},"filterSet":{}}`),
	read("ec2", "DescribeSubnets", `{"subnetSet":{"items":[{"subnetId":"subnet-<hex17>"}]},"filterSet":{}}`),
	read("ec2", "DescribeRouteTables", `{"routeTableIdSet":{"items":[{"routeTableId":"rtb-<hex17>"}]},"filterSet":{}}`),
	read("ec2", "DescribeVpcs", `{"vpcSet":{"items":[{"vpcId":"vpc-<hex17>"}]},"filterSet":{}}`),
	read("ec2", "DescribeInstanceStatus", `{"instancesSet":{},"filterSet":{},"includeAllInstances":true}`),
	read("ec2", "DescribeNetworkInterfaces", `{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"group-id","valueSet":{"items":[{"value":"sg-<hex17>"}]}}]}}`),
	read("ec2", "DescribeLaunchTemplateVersions", `{"DescribeLaunchTemplateVersionsRequest":{"LaunchTemplateId":"lt-<hex17>","LaunchTemplateVersion":{"tag":1,"content":"$Latest"}}}`),
	write("ec2", "CreateNetworkInterface", `{"subnetId":"subnet-<hex17>","groupSet":{"items":[{"groupId":"sg-<hex17>"}]}}`, `{"requestId":"<uuid>","networkInterface":{"networkInterfaceId":"eni-<hex17>","subnetId":"subnet-<hex17>","availabilityZone":"<region>a","ownerId":"<account>","status":"pending","interfaceType":"lambda"}}`),
	write("ec2", "AuthorizeSecurityGroupIngress", `{"groupId":"sg-<hex17>","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":{"items":[{"cidrIp":"198.51.100.0/24"}]}}]}}`, `{"requestId":"<uuid>","_return":true}`).fails(60, "Client.InvalidPermission.Duplicate", "the specified rule already exists"),
	write("ec2", "CreateVolume", `{"size":"100","zone":"<region>a","volumeType":"gp3"}`, `{"requestId":"<uuid>","volumeId":"vol-<hex17>","size":"100","zone":"<region>a","status":"creating","createTime":<millis>,"volumeType":"gp3","iops":3000,"encrypted":true,"tagSet":{}}`),
	write("ec2", "CreateSnapshot", `{"volumeId":"vol-<hex17>","description":"nightly"}`, `{"requestId":"<uuid>","snapshotId":"snap-<hex17>","volumeId":"vol-<hex17>","status":"pending","startTime":<millis>,"ownerId":"<account>","volumeSize":"100","encrypted":true}`),
	read("autoscaling", "DescribeAutoScalingGroups", `{"maxRecords":100,"autoScalingGroupNames":["<table>-asg"]}`),
	write("autoscaling", "UpdateAutoScalingGroup", `{"autoScalingGroupName":"web-asg","minSize":2,"maxSize":24,"desiredCapacity":6}`, ``),
	read("elasticloadbalancing", "DescribeTargetHealth", `{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<table>/<hex17>"}`),
	read("s3", "GetBucketAcl", `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","acl":""}`).with(storageExtra).about(bucketAbout),
	read("s3", "GetBucketLocation", `{"bucketName":"<bucket>","Host":"s3.<region>.amazonaws.com","location":""}`).with(storageExtra).about(bucketAbout),
	read("s3", "GetBucketPolicy", `{"bucketName":"<bucket>","Host":"s3.<region>.amazonaws.com","policy":""}`).with(storageExtra).about(bucketAbout).fails(120, "NoSuchBucketPolicy", "The bucket policy does not exist"),
	read("s3", "ListBuckets", `{"Host":"s3.amazonaws.com"}`).with(storageExtra),
	write("s3", "PutBucketTagging", `{"bucketName":"<bucket>","Host":"s3.<region>.amazonaws.com","tagging":"","Tagging":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","TagSet":{"Tag":{"Key":"team","Value":"web"}}}}`, ``).with(storageExtra).about(bucketAbout),
	read("kms", "Decrypt", encryption).about(keyAbout).fails(5, "AccessDenied", denied),
	read("kms", "GenerateDataKey", `{"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"}}`).about(keyAbout),
	read("kms", "DescribeKey", `{"keyId":"<kms>"}`).about(keyAbout),
	read("dynamodb", "DescribeTable", `{"tableName":"<table>"}`).about(`[{"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<table>"}]`),
	write("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/<function>","logStreamName":"<uuid>"}`, ``).fails(20, "ResourceAlreadyExistsException", "The specified log stream already exists"),
	write("logs", "CreateLogGroup", `{"logGroupName":"/aws/lambda/<function>"}`, ``).fails(700, "ResourceAlreadyExistsException", "The specified log group already exists"),
	read("logs", "DescribeLogGroups", `{"logGroupNamePrefix":"/aws/lambda/<function>"}`),
	read("lambda", "GetFunction20150331v2", `{"functionName":"arn:aws:lambda:<region>:<account>:function:<function>"}`),
	write("lambda", "UpdateFunctionCode20150331v2", `{"functionName":"<function>","dryRun":false,"publish":true,"s3Bucket":"<bucket>","s3Key":"builds/<uuid>.zip"}`, `{"functionName":"<function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<function>","runtime":"provided.al2023","role":"arn:aws:iam::<account>:role/<role>","codeSize":<big>,"timeout":30,"memorySize":512,"lastModified":"<time>","version":"<number>","packageType":"Zip","architectures":["arm64"]}`),
	read("sqs", "GetQueueAttributes", `{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<table>","attributeNames":["All"]}`),
	read("ssm", "GetParameter", `{"name":"/<table>/database-url","withDecryption":true}`).fails(30, "ParameterNotFound", "parameter not found"),
	read("secretsmanager", "GetSecretValue", `{"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<table>-<hex8>"}`).fails(12, "AccessDenied", denied),
	read("cloudwatch", "GetMetricData", `{"metricDataQueries":[{"id":"m<number>","metricStat":{"metric":{"namespace":"AWS/EC2","metricName":"CPUUtilization"},"period":300,"stat":"Average"}}],"startTime":"<time>","endTime":"<time>"}`),
	read("cloudformation", "DescribeStacks", `{"stackName":"<table>-stack"}`).fails(40, "ValidationException", "Stack does not exist"),
	read("ecr", "GetAuthorizationToken", ``),
	read("ecr", "BatchGetImage", `{"registryId":"<account>","repositoryName":"<function>","imageIds":[{"imageTag":"<hex8>"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json"]}`),
	read("eks", "DescribeCluster", `{"name":"<table>"}`),
	read("rds", "DescribeDBInstances", `{"dBInstanceIdentifier":"<table>-db","maxRecords":100}`),
	read("sts", "GetCallerIdentity", ``),
	read("sts", "AssumeRole", `{"roleArn":"arn:aws:iam::<account>:role/<role>","roleSessionName":"<as>","durationSeconds":3600}`).answers(assumed).about(roleAbout).fails(10, "AccessDenied", denied),
	read("iam", "GetRole", `{"roleName":"<role>"}`).fails(10, "NoSuchEntityException", "The role cannot be found."),
	read("iam", "ListAttachedRolePolicies", `{"roleName":"<role>"}`),
	read("iam", "ListUsers", `{"maxItems":100}`),
	read("iam", "GetAccountSummary", ``),
	write("iam", "UpdateAccessKey", `{"userName":"reporting-robot","status":"Inactive","accessKeyId":"<key>"}`, ``),
	write("iam", "CreateUser", `{"userName":"<table>-robot"}`, `{"user":{"path":"/","userName":"<table>-robot","userId":"<unique>","arn":"arn:aws:iam::<account>:user/<table>-robot","createDate":"<expiry>"}}`).fails(300, "EntityAlreadyExistsException", "User already exists."),
	write("signin", "ConsoleLogin", ``, `{"ConsoleLogin":"Success"}`).with(`{"LoginTo":"https://console.aws.amazon.com/console/home?region=<region>","MobileVersion":"No","MFAUsed":"Yes"}`).of("AwsConsoleSignIn"),
	write("sts", "AssumeRoleWithSAML", `{"sAMLAssertionID":"_<uuid>","roleArn":"arn:aws:iam::<account>:role/<role>","roleSessionName":"<actor>","principalArn":"arn:aws:iam::<account>:saml-provider/kopter-example","durationSeconds":3600}`, assumed).about(roleAbout),
	write("sts", "AssumeRoleWithWebIdentity", `{"roleArn":"arn:aws:iam::<account>:role/<role>","roleSessionName":"build-<number>","durationSeconds":3600}`, assumed).about(roleAbout).fails(20, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
	write("sso", "Federate", ``, ``).with(`{}`).of("AwsServiceEvent"),
	write("sso", "ListAccounts", ``, ``).of("AwsServiceEvent"),
	write("ec2", "DeleteNetworkInterface", `{"networkInterfaceId":"eni-<hex17>"}`, `{"requestId":"<uuid>","_return":true}`),
	write("kms", "RotateKey", ``, ``).about(keyAbout).of("AwsServiceEvent"),
})

func numbered(calls []*call) []*call {
	for i, c := range calls {
		c.index = i
	}
	return calls
}

// The mixes of the actors' calls.
var (
	humanCalls = []weightedCall{
		{"DescribeInstances", 30}, {"DescribeSecurityGroups", 12}, {"DescribeVolumes", 8}, {"DescribeInstanceStatus", 14},
		{"ListBuckets", 10}, {"GetBucketAcl", 8}, {"GetBucketLocation", 8}, {"GetMetricData", 14}, {"DescribeLogGroups", 8},
		{"DescribeAutoScalingGroups", 6}, {"DescribeTargetHealth", 5}, {"UpdateAutoScalingGroup", 1}, {"CreateVolume", 1},
		{"AuthorizeSecurityGroupIngress", 1}, {"DescribeDBInstances", 4},
	}
	scriptCalls = []weightedCall{
		{"GetCallerIdentity", 10}, {"GetParameter", 24}, {"GetSecretValue", 18}, {"Decrypt", 24}, {"DescribeTable", 8},
		{"GetQueueAttributes", 12}, {"AssumeRole", 7}, {"ListBuckets", 2},
	}
	terraformCalls = []weightedCall{
		{"DescribeSecurityGroups", 16}, {"DescribeSubnets", 14}, {"DescribeRouteTables", 14}, {"DescribeVpcs", 12}, {"GetBucketPolicy", 10},
		{"GetBucketLocation", 8}, {"DescribeTable", 6}, {"DescribeKey", 6}, {"DescribeLaunchTemplateVersions", 6}, {"GetAuthorizationToken", 4},
		{"BatchGetImage", 8}, {"UpdateFunctionCode20150331v2", 2}, {"PutBucketTagging", 1}, {"DescribeStacks", 4}, {"GetCallerIdentity", 3},
	}
	functionCalls = []weightedCall{
		{"Decrypt", 26}, {"GenerateDataKey", 16}, {"CreateLogStream", 22}, {"CreateLogGroup", 1}, {"GetSecretValue", 10}, {"GetParameter", 12},
		{"DescribeTable", 5}, {"GetQueueAttributes", 6}, {"CreateNetworkInterface", 1}, {"DeleteNetworkInterface", 1},
	}
	watchCalls = []weightedCall{
		{"DescribeInstanceStatus", 20}, {"DescribeInstances", 22}, {"DescribeTargetHealth", 20}, {"DescribeVolumes", 10}, {"DescribeNetworkInterfaces", 14},
		{"DescribeSecurityGroups", 10}, {"GetBucketAcl", 4}, {"CreateSnapshot", 1},
	}
	serviceCalls = []weightedCall{{"AssumeRole", 24}, {"Decrypt", 40}, {"GenerateDataKey", 20}, {"GetBucketAcl", 14}, {"RotateKey", 1}}
	globalCalls  = []weightedCall{{"ConsoleLogin", 8}, {"GetRole", 20}, {"ListAttachedRolePolicies", 18}, {"ListUsers", 5}, {"GetAccountSummary", 5}, {"CreateUser", 1}, {"ListBuckets", 6}}
	samlCalls    = []weightedCall{{"AssumeRoleWithSAML", 1}}
	webCalls     = []weightedCall{{"AssumeRoleWithWebIdentity", 1}}
	portalCalls  = []weightedCall{{"Federate", 3}, {"ListAccounts", 2}}
	rootCalls    = []weightedCall{{"ConsoleLogin", 3}, {"GetAccountSummary", 2}}
	deniedCalls  = []weightedCall{{"GetBucketAcl", 6}, {"GetCallerIdentity", 3}, {"ListBuckets", 2}}
)

func callNamed(name string) *call {
	for _, c := range catalogue {
		if c.name == name {
			return c
		}
	}
	panic("simulate: no call " + name)
}
