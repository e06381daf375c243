package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

const (
	secretBytes = 32 // of randomness in a secret
	idBytes     = 10 // in an id

	// tokenPrefix and the checksum at the end of a token let scanners of
	// repositories and logs tell a leaked token from any other text, without
	// asking anybody: kpt_[a-z2-7]{59}.
	tokenPrefix = "kpt_"
)

// letters writes random bytes so that a double click selects them whole and
// nothing needs escaping in a header, a cookie or a link.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: the program ends where there is no randomness
	return letters.EncodeToString(b)
}

// newToken makes the secret of a token: prefix, randomness, checksum.
func newToken() string {
	body := random(secretBytes)
	return tokenPrefix + body + checksum(body)
}

// wellFormed says whether text may be a token at all, so that garbage does not
// reach the store.
func wellFormed(text string) bool {
	body, found := strings.CutPrefix(text, tokenPrefix)
	size := letters.EncodedLen(secretBytes)
	return found && len(body) == size+letters.EncodedLen(crc32.Size) && body[size:] == checksum(body[:size])
}

func checksum(body string) string {
	return letters.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body))))
}

func hashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// equal compares in a time that tells nothing about where two hashes differ.
func equal(a, b Hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
