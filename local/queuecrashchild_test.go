package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
)

// shaky is the queue of crashed runs: what a run leaves comes back in the next
// one, and some of it dies.
var shaky = queue.Policy{Name: "shaky", Visibility: 30 * time.Millisecond, MaxReceives: 3}

// queuePlan is one run of senders, receivers, commits and redrives.
type queuePlan struct {
	data, journal string
	run           int // tells runs on the same data apart
	point         string
	nth           int
}

// queueCrashEnv makes the test binary carry out a queuePlan.
const queueCrashEnv = "KOPTER_TEST_QUEUE_CRASH"

func (p queuePlan) encode() string {
	return strings.Join([]string{p.data, p.journal, strconv.Itoa(p.run), p.point, strconv.Itoa(p.nth)}, "\n")
}

func decodeQueuePlan(text string) (p queuePlan, err error) {
	f := strings.Split(text, "\n")
	if len(f) != 5 {
		return p, fmt.Errorf("plan %q has %d fields", text, len(f))
	}
	p = queuePlan{data: f[0], journal: f[1], point: f[3]}
	var errs [2]error
	p.run, errs[0] = strconv.Atoi(f[2])
	p.nth, errs[1] = strconv.Atoi(f[4])
	return p, errors.Join(errs[:]...)
}

// The signs of a journal's lines: what was tried, and what was acknowledged.
const (
	trySend   = 's'
	sent      = 'S'
	tryDelete = 'd'
	deleted   = 'D'
	tryCommit = 'c'
)

// journal is what a queue's users know. A line is written before the next
// thing is done, and outlives a kill of the process.
type journal struct {
	file *os.File
	mu   sync.Mutex
	gone map[string]bool // bodies whose delete was acknowledged
}

func openJournal(path string) (*journal, error) {
	lines, err := readJournal(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	return &journal{file: f, gone: lines[deleted]}, err
}

// readJournal gives the bodies by sign.
func readJournal(path string) (map[byte]map[string]bool, error) {
	lines := map[byte]map[string]bool{}
	for _, sign := range []byte{trySend, sent, tryDelete, deleted, tryCommit} {
		lines[sign] = map[string]bool{}
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return lines, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		line := scanner.Text()
		lines[line[0]][line[1:]] = true
	}
	return lines, scanner.Err()
}

func (j *journal) note(sign byte, body string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if sign == deleted {
		j.gone[body] = true
	}
	_, err := j.file.WriteString(string(sign) + body + "\n")
	return err
}

func (j *journal) isGone(body string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.gone[body]
}

// crashQueue carries out a queuePlan in a child process.
func crashQueue(text string) error {
	p, err := decodeQueuePlan(text)
	if err != nil {
		return err
	}
	j, err := openJournal(p.journal)
	if err != nil {
		return err
	}
	s, err := local.Open(testContext, p.data, local.Options{Now: time.Now, Hook: tracking(p.point, p.nth)})
	if err != nil {
		return err
	}
	qs, err := s.Queues(testContext, account.Local, shaky)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	r := queueRun{plan: p, journal: j, store: s, queues: qs}
	return errors.Join(r.all(), s.Close(), j.file.Close())
}

// queueRun is a queuePlan that is being carried out.
type queueRun struct {
	plan    queuePlan
	journal *journal
	store   *local.Store
	queues  *local.Queues
}

func (r queueRun) all() error {
	g, ctx := errgroup.WithContext(testContext)
	for lane := range 2 {
		g.Go(func() error { return r.send(ctx, lane) })
		g.Go(func() error { return r.receive(ctx, lane) })
	}
	g.Go(func() error { return r.commit(ctx) })
	g.Go(func() error { return r.redrive(ctx) })
	return g.Wait()
}

// bodies names the messages of a lane.
func (r queueRun) body(kind string, lane, i int) string {
	return fmt.Sprintf("%s-%d-%d-%d", kind, r.plan.run, lane, i)
}

func (r queueRun) send(ctx context.Context, lane int) error {
	for i := range 30 {
		body := r.body("sent", lane, i)
		if err := r.journal.note(trySend, body); err != nil {
			return err
		}
		if err := r.queues.Send(ctx, queue.Outgoing{Queue: shaky.Name, Body: []byte(body)}); err != nil {
			return err
		}
		if err := r.journal.note(sent, body); err != nil {
			return err
		}
	}
	return nil
}

// commit commits files of the message's name together with the message.
func (r queueRun) commit(ctx context.Context) error {
	for i := range 15 {
		body := r.body("committed", 0, i)
		if err := r.journal.note(tryCommit, body); err != nil {
			return err
		}
		err := r.store.Commit(ctx, account.Local, ingest.Commit{
			Files:    []ingest.Ingested{{Object: ingest.Object{URI: body, Version: "1"}, At: time.Unix(1, 0)}},
			Messages: []queue.Outgoing{{Queue: shaky.Name, Body: []byte(body)}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// receive does with each message what chance wants.
func (r queueRun) receive(ctx context.Context, lane int) error {
	random := rand.New(rand.NewPCG(uint64(r.plan.run), uint64(lane)))
	q := r.queues.Queue(shaky.Name)
	for range 25 {
		got, err := q.Receive(ctx, 3, 10*time.Millisecond)
		if err != nil {
			return err
		}
		for _, m := range got {
			if r.journal.isGone(string(m.Body)) {
				return fmt.Errorf("%s was deleted and came back", m.Body)
			}
			if err := r.handle(ctx, q, m, random.IntN(4)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r queueRun) handle(ctx context.Context, q queue.Queue, m queue.Message, chance int) error {
	switch chance {
	case 0:
		err := r.queues.Fault(ctx, shaky.Name, m.Receipt, "chance")
		if errors.Is(err, queue.ErrReceipt) {
			err = nil // it took too long
		}
		return err
	case 1:
		_, err := q.Extend(ctx, 0, m.Receipt)
		return err
	}
	if err := r.journal.note(tryDelete, string(m.Body)); err != nil {
		return err
	}
	stale, err := q.Delete(ctx, m.Receipt)
	if err != nil || stale[0] != nil {
		return err
	}
	return r.journal.note(deleted, string(m.Body))
}

func (r queueRun) redrive(ctx context.Context) error {
	for range 10 {
		if _, err := r.queues.Redrive(ctx, shaky.Name); err != nil {
			return err
		}
		// Time for others to let something die.
		if _, err := r.queues.Queue(shaky.Name).Receive(ctx, 1, 0); err != nil {
			return err
		}
	}
	return nil
}
