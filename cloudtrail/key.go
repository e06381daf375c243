package cloudtrail

import (
	"fmt"
	"strings"
	"time"
)

// Folder is what a key's file holds.
type Folder string

// The five sibling folders of an account's logs.
const (
	FolderLogs            Folder = "CloudTrail"
	FolderDigest          Folder = "CloudTrail-Digest"
	FolderInsight         Folder = "CloudTrail-Insight"
	FolderNetworkActivity Folder = "CloudTrail-NetworkActivity"
	FolderAggregated      Folder = "CloudTrail-Aggregated"
)

var folders = []Folder{FolderLogs, FolderDigest, FolderInsight, FolderNetworkActivity, FolderAggregated}

// Key is what the key of an S3 object, or the path of a copy of it, tells
// about the file. What the key does not tell is empty.
type Key struct {
	Prefix  string // what precedes "AWSLogs/", with its last slash
	Org     string // "o-abcd1234", for an organisation's trail
	Account string // twelve digits
	Folder  Folder
	Region  string
	// Delivered is the time in the file's name, or else the day of its
	// folder; zero if there is neither. Events may be of any earlier time.
	Delivered time.Time
	// Marker says that the key is a folder's, not a file's.
	Marker bool
}

// ParseKey reads a key such as
//
//	prefix/AWSLogs/o-abcd1234/123456789012/CloudTrail/us-east-1/2023/07/10/123456789012_CloudTrail_us-east-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json.gz
//
// of an account's or an organisation's trail, with any prefix, or the path or
// bare name of a copy. It refuses what names neither account nor folder.
func ParseKey(key string) (Key, error) {
	k := Key{Marker: strings.HasSuffix(key, "/")}
	parts := strings.Split(strings.TrimSuffix(key, "/"), "/")
	k.fromFolders(parts)
	if !k.Marker {
		k.fromName(parts[len(parts)-1])
	}
	if k.Account == "" || k.Folder == "" {
		return Key{}, fmt.Errorf("key %q: not of a CloudTrail file", key)
	}
	return k, nil
}

// fromFolders reads what follows the last folder AWSLogs.
func (k *Key) fromFolders(parts []string) {
	at := -1
	for i, part := range parts {
		if part == "AWSLogs" {
			at = i
		}
	}
	if at < 0 {
		return
	}
	if at > 0 {
		k.Prefix = strings.Join(parts[:at], "/") + "/"
	}
	rest := parts[at+1:]
	if len(rest) > 0 && strings.HasPrefix(rest[0], "o-") {
		k.Org, rest = rest[0], rest[1:]
	}
	if len(rest) < 2 || !isAccount(rest[0]) || folderOf(rest[1]) == "" {
		return
	}
	k.Account, k.Folder = rest[0], folderOf(rest[1])
	if rest = rest[2:]; len(rest) > 0 && !strings.Contains(rest[0], "_") {
		k.Region = rest[0]
	}
	if len(rest) >= 4 {
		if day, err := time.Parse("2006/01/02", strings.Join(rest[1:4], "/")); err == nil {
			k.Delivered = day
		}
	}
}

// fromName reads a file's name, which is more exact about the time than its
// folders and may be all there is.
func (k *Key) fromName(name string) {
	name, _, _ = strings.Cut(name, ".")
	parts := strings.Split(name, "_")
	if len(parts) < 3 || !isAccount(parts[0]) || folderOf(parts[1]) == "" {
		return
	}
	if k.Account == "" {
		k.Account = parts[0]
	}
	if k.Folder == "" {
		k.Folder = folderOf(parts[1])
	}
	if k.Region == "" {
		k.Region = regionOf(parts[2])
	}
	for _, part := range parts[2:] {
		if at, ok := stampIn(part); ok {
			k.Delivered = at
		}
	}
}

// regionOf cuts a time off a region's name: some tools write both in one.
func regionOf(part string) string {
	if len(part) > len("-20060102T1504") {
		if at := strings.LastIndexByte(part, '-'); at > 0 {
			if _, ok := stampIn(part[at+1:]); ok {
				return part[:at]
			}
		}
	}
	return part
}

// stampIn reads a file's time: 20230710T1220Z of a log, 20230710T122013Z of a
// digest, with or without the Z, at the end of part.
func stampIn(part string) (time.Time, bool) {
	part = part[strings.LastIndexByte(part, '-')+1:]
	part = strings.TrimSuffix(part, "Z")
	for _, layout := range []string{"20060102T1504", "20060102T150405"} {
		if at, err := time.Parse(layout, part); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func folderOf(name string) Folder {
	for _, f := range folders {
		if name == string(f) {
			return f
		}
	}
	return ""
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}
