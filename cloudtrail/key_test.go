package cloudtrail

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var keys = []struct {
	key  string
	want Key
}{
	{
		"AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/10/123456789012_CloudTrail_us-east-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json.gz",
		Key{Account: "123456789012", Folder: FolderLogs, Region: "us-east-1", Delivered: time.Date(2023, 7, 10, 12, 20, 0, 0, time.UTC)},
	},
	{
		"s3://bucket/a/b/AWSLogs/o-abcd1234/123456789012/CloudTrail-Insight/eu-west-1/2023/07/10/123456789012_CloudTrail-Insight_eu-west-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json.gz",
		Key{Prefix: "s3://bucket/a/b/", Org: "o-abcd1234", Account: "123456789012", Folder: FolderInsight, Region: "eu-west-1", Delivered: time.Date(2023, 7, 10, 12, 20, 0, 0, time.UTC)},
	},
	{
		"AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2023/07/10/123456789012_CloudTrail-Digest_us-east-1_my_trail_us-west-2_20230710T122013Z_backfill.json.gz",
		Key{Account: "123456789012", Folder: FolderDigest, Region: "us-east-1", Delivered: time.Date(2023, 7, 10, 12, 20, 13, 0, time.UTC)},
	},
	{
		"AWSLogs/123456789012/CloudTrail-NetworkActivity/us-east-1/2023/07/10/x.json.gz",
		Key{Account: "123456789012", Folder: FolderNetworkActivity, Region: "us-east-1", Delivered: time.Date(2023, 7, 10, 0, 0, 0, 0, time.UTC)},
	},
	{"AWSLogs/123456789012/CloudTrail-Aggregated/us-east-1/x", Key{Account: "123456789012", Folder: FolderAggregated, Region: "us-east-1"}},
	{"AWSLogs/123456789012/CloudTrail/", Key{Account: "123456789012", Folder: FolderLogs, Marker: true}},
	{"AWSLogs/o-x/123456789012/CloudTrail/", Key{Org: "o-x", Account: "123456789012", Folder: FolderLogs, Marker: true}},
	{
		"218007301253_CloudTrail_us-east-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json",
		Key{Account: "218007301253", Folder: FolderLogs, Region: "us-east-1", Delivered: time.Date(2023, 7, 10, 12, 20, 0, 0, time.UTC)},
	},
	{
		"/logs/811596193553_CloudTrail_ap-southeast-1-20200930T2358.json",
		Key{Account: "811596193553", Folder: FolderLogs, Region: "ap-southeast-1", Delivered: time.Date(2020, 9, 30, 23, 58, 0, 0, time.UTC)},
	},
}

func TestParseKey(t *testing.T) {
	for _, test := range keys {
		got, err := ParseKey(test.key)
		if err != nil || got != test.want {
			t.Errorf("%s: %v\n%s", test.key, err, cmp.Diff(test.want, got))
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for _, key := range []string{
		"", "/", "x.json", "AWSLogs/", "AWSLogs/123456789012/", "AWSLogs/123456789012/Config/x",
		"AWSLogs/12345678901x/CloudTrail/us-east-1/x", "123456789012_Config_us-east-1_20230710T1220Z_x.json",
	} {
		if k, err := ParseKey(key); err == nil {
			t.Errorf("%q: %+v", key, k)
		}
	}
}
