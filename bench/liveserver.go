package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// server is a Kopter that serves in a process of its own, as a browser sees it.
type server struct {
	cmd   *exec.Cmd
	base  string
	http  *http.Client
	ready time.Duration // from its start until it answered
	log   string        // file that holds what it complained of
}

// stopLimit is how long a server may take to stop.
const stopLimit = 30 * time.Second

// serve starts `kopter serve` on a data folder and signs in.
func (b *bench) serve(ctx context.Context, data string, flags ...string) (*server, error) {
	s := &server{log: data + ".log"}
	args := append([]string{"--data", data, "serve", "--listen", "127.0.0.1:0"}, flags...)
	s.cmd = exec.CommandContext(ctx, b.kopter, args...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	s.cmd.WaitDelay = stopLimit
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.signIn(ctx, out); err != nil {
		text, _ := os.ReadFile(s.log) // the error is told in any case
		return nil, errors.Join(fmt.Errorf("sign in to kopter serve: %w\n%s", err, tail(text)), s.stop())
	}
	s.ready = time.Since(began)
	return s, nil
}

// signIn follows the link that a server prints.
func (s *server) signIn(ctx context.Context, out io.Reader) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	s.http = &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	secret := ""
	for lines := bufio.NewScanner(out); secret == "" && lines.Scan(); {
		s.base, secret, _ = strings.Cut(strings.TrimSpace(lines.Text()), "/signin#")
	}
	body, err := json.Marshal(map[string]string{"secret": secret})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/v1/session", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	status, text, err := s.do(r)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, text)
	}
	return err
}

func (s *server) do(r *http.Request) (status int, body []byte, err error) {
	answer, err := s.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// ask gets a path and gives the status and the body of the answer.
func (s *server) ask(ctx context.Context, path string, query url.Values) (status int, body []byte, err error) {
	address := s.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	return s.do(r)
}

// get asks for a path and reads the JSON of the answer.
func (s *server) get(ctx context.Context, path string, query url.Values, into any) error {
	status, body, err := s.ask(ctx, path, query)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET %s?%s: status %d: %s", path, query.Encode(), status, tail(body))
	}
	return json.Unmarshal(body, into, json.MatchCaseInsensitiveNames(true))
}

// events is how many events the server knows.
func (s *server) events(ctx context.Context) (int64, error) {
	var page struct{ Total int64 }
	err := s.get(ctx, "/v1/audit/aws", url.Values{"limit": {"1"}, "total": {"true"}}, &page)
	return page.Total, err
}

// pipelineState is what the bench looks at of /v1/pipeline.
type pipelineState struct {
	Stages []struct {
		Name                         string
		Ready, Hidden, Delayed, Dead int64
	}
	Lake                   struct{ Parts, FreshParts int64 }
	Quarantined, Conflicts int64
}

// dead counts dead letters.
func (p *pipelineState) dead() (n int64) {
	for _, s := range p.Stages {
		n += s.Dead
	}
	return n
}

// stop ends the server as a person does, with an interrupt.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	timer := time.AfterFunc(stopLimit, func() { _ = s.cmd.Process.Kill() }) // Wait tells
	defer timer.Stop()
	return s.cmd.Wait()
}
