package app

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// folderStage imports files from folders: those that a message names, or, when
// the cron wakes it, all that it has not imported as they are now. What it has
// imported it forgets with the process; importing again changes nothing.
type folderStage struct {
	folders []string
	sender  queue.Sender
	// files imports files, as many as can be, and gives what is to be said of
	// them.
	files func(ctx context.Context, paths []string) ([]queue.Outgoing, error)

	mu    sync.Mutex
	known map[string]time.Time // by path: when it was last written
}

func (s *folderStage) handle(ctx context.Context, m queue.Message) error {
	body, err := decode[filesMessage](&m)
	if err != nil {
		return err
	}
	paths := body.Paths
	if paths == nil {
		paths = s.folders
	}
	files, err := filesBelow(existing(paths))
	if err != nil {
		return err
	}
	changed := s.changed(files)
	if len(changed) == 0 {
		return nil
	}
	news, importing := s.files(ctx, slices.Sorted(maps.Keys(changed)))
	if err := s.sender.Send(ctx, news...); err != nil {
		return err
	}
	if importing == nil {
		s.remember(changed)
	}
	return importing
}

// existing leaves out what is not there, or not yet.
func existing(paths []string) (there []string) {
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			there = append(there, p)
		}
	}
	return there
}

// changed gives the files that were not imported as they are, and when they
// were written.
func (s *folderStage) changed(files []string) map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := map[string]time.Time{}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			continue // it is gone again
		}
		if at, known := s.known[f]; !known || !at.Equal(info.ModTime()) {
			changed[f] = info.ModTime()
		}
	}
	return changed
}

func (s *folderStage) remember(files map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f, at := range files {
		s.known[f] = at
	}
}

// describer imports recordings of DescribeInstances.
func (s *Server) describer() *folderStage {
	return &folderStage{
		folders: s.opt.Inventory, sender: s.queues, known: map[string]time.Time{},
		files: func(ctx context.Context, paths []string) ([]queue.Outgoing, error) {
			var facts []usage.Fact
			err := s.app.ImportInventory(ctx, InventoryFiles{Paths: paths, Complete: s.opt.InventoryComplete},
				func(path string, i RecordedInventory) {
					s.monitor.came(sourceInventory, path)
					facts = append(facts, i.Facts...)
				})
			return snapshotMessages(resourcesOf(facts)), err
		},
	}
}

// snapshotMessages tells of resources that recordings show, the last message of
// the snapshots themselves: what they no longer show is gone.
func snapshotMessages(shown []resourceName) []queue.Outgoing {
	return append(factsMessages(shown, 0), encode(StageEC2Events, factsMessage{Snapshots: true}))
}

// pricing imports price lists.
func (s *Server) pricing() *folderStage {
	return &folderStage{
		folders: s.opt.Prices, sender: s.queues, known: map[string]time.Time{},
		files: func(ctx context.Context, paths []string) ([]queue.Outgoing, error) {
			err := s.app.ImportPrices(ctx, paths, time.Time{}, func(path string, _ Sheet) { s.monitor.came(sourcePrices, path) })
			return []queue.Outgoing{encode(StageAggregator, graphMessage{Prices: true})}, err
		},
	}
}
