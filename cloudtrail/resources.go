package cloudtrail

import "bytes"

// MaxResources bounds Record.Resources. The first are kept; Raw holds all.
const MaxResources = 1000

// purposeOf says whether the values under a key name a resource whatever they
// look like: the keys of names and of ids that have no form of their own.
func purposeOf(key []byte) purpose {
	switch string(key) {
	case "bucketName", "BucketName", "roleName", "RoleName", "roleArn", "RoleArn",
		"userName", "UserName", "groupName", "GroupName", "keyId", "KeyId",
		"accessKeyId", "AccessKeyId", "keyName", "KeyName", "functionName", "FunctionName",
		"instanceId", "InstanceId", "instanceIds", "InstanceIds", "instanceIdSet",
		"volumeId", "VolumeId", "snapshotId", "SnapshotId", "imageId", "ImageId",
		"dBInstanceIdentifier", "DBInstanceIdentifier", "dBClusterIdentifier", "DBClusterIdentifier",
		"dBSnapshotIdentifier", "tableName", "TableName", "clusterName", "ClusterName",
		"queueUrl", "QueueUrl", "topicArn", "TopicArn", "secretId", "SecretId",
		"policyArn", "PolicyArn", "policyName", "PolicyName", "instanceProfileName", "InstanceProfileName",
		"autoScalingGroupName", "AutoScalingGroupName", "launchTemplateId", "LaunchTemplateId",
		"launchConfigurationName", "stackName", "StackName", "trailName", "TrailName",
		"loadBalancerName", "LoadBalancerName", "repositoryName", "RepositoryName",
		"logGroupName", "LogGroupName", "streamName", "StreamName", "fleetId", "FleetId",
		"spotFleetRequestId", "SpotFleetRequestId", "allocationId", "AllocationId",
		"cacheClusterId", "CacheClusterId", "replicationGroupId", "ReplicationGroupId",
		"domainName", "DomainName", "hostedZoneId", "HostedZoneId":
		return named
	}
	return collect
}

// resource notes the string between start and end if it names a resource.
func (s *scanner) resource(start, end int, escaped bool, why purpose) {
	text := s.text[start:end]
	if why != named && !looksLikeResource(text) {
		return
	}
	if escaped {
		text = s.unescaped(text)
	}
	s.addResource(text)
}

// addResource notes a resource once.
func (s *scanner) addResource(name []byte) {
	if len(name) == 0 || len(s.found) >= MaxResources {
		return
	}
	for _, known := range s.found {
		if len(known) == len(name) && bytes.Equal(known, name) {
			return
		}
	}
	s.found = append(s.found, name)
}

// looksLikeResource says whether a value is an ARN or an id such as
// i-0dbc91f429e48eeed: letters, a hyphen and 8 to 17 hexadecimal digits.
func looksLikeResource(v []byte) bool {
	n := len(v)
	if n < 10 || v[0] < 'a' || v[0] > 'z' {
		return false
	}
	if v[0] == 'a' && string(v[:4]) == "arn:" {
		return true
	}
	i := n - 1
	for i > 0 && n-i <= 17 && isLowerHex(v[i]) {
		i--
	}
	if v[i] != '-' || n-1-i < 8 {
		return false
	}
	for _, c := range v[:i] {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

func isLowerHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
}
