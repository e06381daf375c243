package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSafeWriter(t *testing.T) {
	const text = "plain\tline\n\x1b[31mred\x1b]0;title\x07 \u009b2J \u202eleft ünï ☃ \xff end\r\n"
	const want = "plain\tline\n·[31mred·]0;title· ·2J ·left ünï ☃ \uFFFD end·\n"
	var whole, split strings.Builder
	if n, err := io.WriteString(&safeWriter{w: &whole}, text); err != nil || n != len(text) {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if _, err := io.Copy(&safeWriter{w: &split}, iotest.OneByteReader(strings.NewReader(text))); err != nil {
		t.Fatal(err)
	}
	if whole.String() != want || split.String() != want {
		t.Errorf("at once %q\nbyte by byte %q\nwant %q", whole.String(), split.String(), want)
	}
}

func TestSafeWriterFails(t *testing.T) {
	if _, err := io.WriteString(&safeWriter{w: brokenWriter{}}, "x"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
