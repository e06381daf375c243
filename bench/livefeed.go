package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/simulate"
)

// feed is a job: an organisation that goes on for a while.
type feed struct {
	Dir     string `json:"dir"`
	End     int64  `json:"end"`     // of its history, seconds since 1970
	Rate    int64  `json:"rate"`    // events per second
	Seconds int64  `json:"seconds"` // how long it goes on
}

// fed is what came of it.
type fed struct {
	Events int64 `json:"events"` // distinct
	Files  int64 `json:"files"`
	Bytes  int64 `json:"bytes"` // of JSON
}

// sample is a log file that has just been renamed into place.
type sample struct {
	At       int64  `json:"at"`       // when, nanoseconds since 1970
	Event    string `json:"event"`    // the id of one of its events
	Instance string `json:"instance"` // that it launches; may be empty
}

// sampleEvery is how many files there are to one that is looked for. Files
// that launch something are looked for in any case.
const sampleEvery = 8

// describeEvery is the time between recordings: more than AWS is asked, so
// that imports run while it is measured.
const describeEvery = 2 * time.Minute

func (f feed) history() simulate.Options { return simulate.DemoHistory(time.Unix(f.End, 0)) }

// writePast writes the organisation's history.
func writePast(ctx context.Context, f feed) (fed, error) {
	truth, err := simulate.Write(ctx, simulate.Dir(f.Dir), f.history(), nil)
	if err != nil {
		return fed{}, err
	}
	return fed{truth.Events, truth.Files, truth.Bytes}, nil
}

// feedLive lets the organisation go on, and tells of samples on the third file.
func feedLive(ctx context.Context, f feed) (fed, error) {
	live, err := simulate.NewLive(simulate.LiveOptions{History: f.history(), Now: time.Now, Rate: f.Rate, DescribeEvery: describeEvery})
	if err != nil {
		return fed{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(f.Seconds)*time.Second)
	defer cancel()
	tell := os.NewFile(3, "samples")
	if err := errors.Join(live.Run(ctx, &sampler{Dir: simulate.Dir(f.Dir), tell: tell}), tell.Close()); err != nil {
		return fed{}, err
	}
	truth := live.Truth()
	return fed{truth.Events, truth.Files, truth.Bytes}, nil
}

// sampler is a folder that tells of log files as they get their names.
type sampler struct {
	simulate.Dir
	mu    sync.Mutex
	files int64
	tell  io.Writer // JSON lines
}

// Create implements simulate.Sink.
func (s *sampler) Create(name string, moment time.Time) (io.WriteCloser, error) {
	w, err := s.Dir.Create(name, moment)
	if err != nil || !strings.HasPrefix(name, "logs/") {
		return w, err
	}
	return &sampledFile{WriteCloser: w, name: name, sampler: s}, nil
}

// sampledFile keeps what is written to it.
type sampledFile struct {
	io.WriteCloser
	name    string
	text    bytes.Buffer
	sampler *sampler
}

// Write implements io.Writer.
func (f *sampledFile) Write(b []byte) (int, error) {
	f.text.Write(b)
	return f.WriteCloser.Write(b)
}

// Close gives the file its name and then tells of it.
func (f *sampledFile) Close() error {
	if err := f.WriteCloser.Close(); err != nil {
		return err
	}
	at := time.Now().UnixNano()
	s, err := sampleOf(f.name, &f.text)
	if err != nil {
		return err
	}
	s.At = at
	return f.sampler.told(s)
}

func (s *sampler) told(found sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files++
	if found.Instance == "" && s.files%sampleEvery != 0 {
		return nil
	}
	line, err := json.Marshal(found)
	if err != nil {
		return err
	}
	_, err = s.tell.Write(append(line, '\n'))
	return err
}

// sampleOf reads a log file for its last event and the first instance that is
// launched in it.
func sampleOf(name string, file io.Reader) (s sample, err error) {
	reader := cloudtrail.NewReader(cloudtrail.Source{Name: name, R: file}, cloudtrail.DefaultLimits())
	defer reader.Close()
	for {
		r, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, fmt.Errorf("sample %s: %w", name, err)
		}
		s.Event = string(r.EventID)
		if s.Instance == "" && string(r.Name) == "RunInstances" {
			s.Instance = launched(r.Raw)
		}
	}
}

// launched is the first instance that a RunInstances has launched; empty when
// it failed.
func launched(raw []byte) string {
	var record struct {
		ResponseElements struct {
			InstancesSet struct {
				Items []struct {
					InstanceID string `json:"instanceId"`
				} `json:"items"`
			} `json:"instancesSet"`
		} `json:"responseElements"`
	}
	if err := json.Unmarshal(raw, &record); err != nil || len(record.ResponseElements.InstancesSet.Items) == 0 {
		return ""
	}
	return record.ResponseElements.InstancesSet.Items[0].InstanceID
}

// feeding is a feed at work in a process of its own.
type feeding struct {
	cmd     *exec.Cmd
	out     bytes.Buffer
	err     bytes.Buffer
	samples io.ReadCloser
}

// startFeed starts a feed. Its samples are to be read to their end.
func startFeed(ctx context.Context, job feed) (*feeding, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	f := &feeding{cmd: exec.CommandContext(ctx, self, childFlag, "feed"), samples: r}
	f.cmd.Stdin, f.cmd.Stdout, f.cmd.Stderr = bytes.NewReader(in), &f.out, &f.err
	f.cmd.ExtraFiles = []*os.File{w}
	return f, errors.Join(f.cmd.Start(), w.Close())
}

// each calls do with every sample, until the feed has ended.
func (f *feeding) each(do func(sample)) error {
	defer f.samples.Close()
	for lines := bufio.NewScanner(f.samples); lines.Scan(); {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return err
		}
		do(s)
	}
	return nil
}

// wait gives what came of the feed.
func (f *feeding) wait() (done fed, err error) {
	if err := f.cmd.Wait(); err != nil {
		return done, fmt.Errorf("feed: %w\n%s", err, tail(f.err.Bytes()))
	}
	return done, json.Unmarshal(f.out.Bytes(), &done)
}

// watching are the flags of a server that watches the organisation.
func (f feed) watching() []string {
	return []string{
		"--watch", filepath.Join(f.Dir, "logs"), "--inventory", filepath.Join(f.Dir, "describe"), "--inventory-complete",
		"--prices", filepath.Join(f.Dir, "prices"),
	}
}
