// Package audittest holds what every backend of the audit lake must pass, and
// a lake in memory whose calls can be made to fail.
package audittest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// Fault is how a call of a Memory goes wrong.
type Fault int

const (
	// None: the call does what it should.
	None Fault = iota
	// Fails: the call returns ErrInjected and does nothing.
	Fails
	// FailsButLands: the call does what it should and returns ErrInjected,
	// as when an answer gets lost.
	FailsButLands
)

// ErrInjected is what a call returns that was made to fail.
var ErrInjected = errors.New("injected fault")

// Memory is audit.Files and audit.Index in memory.
type Memory struct {
	// Inject, unless nil, decides about every call: "create", "write", "close",
	// "open", "read", "remove", "list", with the file's name or prefix, and
	// "parts", "runs", "conflicts", "apply" with the tenant. It is set before
	// use and called by one goroutine at a time.
	Inject func(call, name string) Fault

	mu      sync.Mutex
	files   map[string][]byte
	tenants map[account.Tenant]*visible
	open    int
}

// visible is a tenant's index.
type visible struct {
	parts     map[string]audit.Part
	runs      map[string]audit.Run
	conflicts map[string]audit.Conflict
}

// NewMemory gives an empty lake.
func NewMemory() *Memory {
	return &Memory{files: make(map[string][]byte), tenants: make(map[account.Tenant]*visible)}
}

var (
	_ audit.Files = (*Memory)(nil)
	_ audit.Index = (*Memory)(nil)
)

// do runs one call with the fault that Inject wants; m.mu is held meanwhile.
func (m *Memory) do(call, name string, fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	fault := None
	if m.Inject != nil {
		fault = m.Inject(call, name)
	}
	if fault != Fails {
		if err := fn(); err != nil {
			return err
		}
	}
	if fault != None {
		return fmt.Errorf("%s %s: %w", call, name, ErrInjected)
	}
	return nil
}

// Open implements audit.Files.
func (m *Memory) Open(_ context.Context, name string) (audit.FileReader, error) {
	var r *memoryReader
	err := m.do("open", name, func() error {
		data, ok := m.files[name]
		if !ok {
			return fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
		}
		m.open++
		r = &memoryReader{Reader: bytes.NewReader(data), memory: m, name: name}
		return nil
	})
	if err != nil {
		if r != nil {
			m.open--
		}
		return nil, err
	}
	return r, nil
}

// OpenReaders is the number of readers that were opened and not closed.
func (m *Memory) OpenReaders() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

// Create implements audit.Files.
func (m *Memory) Create(_ context.Context, name string) (audit.FileWriter, error) {
	err := m.do("create", name, func() error { return nil })
	if err != nil {
		return nil, err
	}
	return &memoryWriter{memory: m, name: name}, nil
}

// Remove implements audit.Files.
func (m *Memory) Remove(_ context.Context, name string) error {
	return m.do("remove", name, func() error {
		delete(m.files, name)
		return nil
	})
}

// List implements audit.Files.
func (m *Memory) List(_ context.Context, prefix string) iter.Seq2[audit.FileInfo, error] {
	return func(yield func(audit.FileInfo, error) bool) {
		var infos []audit.FileInfo
		err := m.do("list", prefix, func() error {
			for name, data := range m.files {
				if strings.HasPrefix(name, prefix) {
					infos = append(infos, audit.FileInfo{Name: name, Size: int64(len(data))})
				}
			}
			return nil
		})
		if err != nil {
			yield(audit.FileInfo{}, err)
			return
		}
		for _, info := range infos {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Names lists all files in order.
func (m *Memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.files))
}

// Bytes gives a copy of a file.
func (m *Memory) Bytes(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.files[name])
}

// Put makes or replaces a file, past all faults.
func (m *Memory) Put(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = data
}

type memoryReader struct {
	*bytes.Reader
	memory *Memory
	name   string
	closed bool
}

func (r *memoryReader) ReadAt(b []byte, offset int64) (n int, err error) {
	fault := r.memory.do("read", r.name, func() error { return nil })
	if fault != nil {
		return 0, fault
	}
	return r.Reader.ReadAt(b, offset)
}

func (r *memoryReader) Close() error {
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	if r.closed {
		return fs.ErrClosed
	}
	r.closed = true
	r.memory.open--
	return nil
}

type memoryWriter struct {
	memory *Memory
	name   string
	data   bytes.Buffer
	ended  bool
}

func (w *memoryWriter) Write(b []byte) (int, error) {
	err := w.memory.do("write", w.name, func() error {
		w.data.Write(b)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

func (w *memoryWriter) Close() error {
	if w.ended {
		return fs.ErrClosed
	}
	w.ended = true
	return w.memory.do("close", w.name, func() error {
		w.memory.files[w.name] = w.data.Bytes()
		return nil
	})
}

func (w *memoryWriter) Discard() { w.ended = true }

// index gives a tenant's index; m.mu is held.
func (m *Memory) index(t account.Tenant) *visible {
	v := m.tenants[t]
	if v == nil {
		v = &visible{
			parts:     make(map[string]audit.Part),
			runs:      make(map[string]audit.Run),
			conflicts: make(map[string]audit.Conflict),
		}
		m.tenants[t] = v
	}
	return v
}

// Parts implements audit.Index.
func (m *Memory) Parts(_ context.Context, t account.Tenant) (parts []audit.Part, err error) {
	err = m.do("parts", string(t), func() error {
		parts = slices.SortedFunc(maps.Values(m.index(t).parts), func(a, b audit.Part) int {
			return cmp.Or(cmp.Compare(b.MaxTime, a.MaxTime), cmp.Compare(a.Name, b.Name))
		})
		return nil
	})
	return parts, err
}

// Runs implements audit.Index.
func (m *Memory) Runs(_ context.Context, t account.Tenant) (runs []audit.Run, err error) {
	err = m.do("runs", string(t), func() error {
		runs = slices.SortedFunc(maps.Values(m.index(t).runs), func(a, b audit.Run) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
		})
		return nil
	})
	return runs, err
}

// Conflicts implements audit.Index.
func (m *Memory) Conflicts(_ context.Context, t account.Tenant) (conflicts []audit.Conflict, err error) {
	err = m.do("conflicts", string(t), func() error {
		conflicts = slices.SortedFunc(maps.Values(m.index(t).conflicts), func(a, b audit.Conflict) int {
			return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.EventID, b.EventID), bytes.Compare(a.Raw, b.Raw))
		})
		return nil
	})
	return conflicts, err
}

// Apply implements audit.Index.
func (m *Memory) Apply(ctx context.Context, t account.Tenant, c audit.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return m.do("apply", string(t), func() error { return m.index(t).apply(c) })
}

func (v *visible) apply(c audit.Change) error {
	for _, name := range c.RemoveParts {
		if _, ok := v.parts[name]; !ok {
			return fmt.Errorf("remove part %s: %w", name, audit.ErrStale)
		}
	}
	for _, name := range c.RemoveRuns {
		if _, ok := v.runs[name]; !ok {
			return fmt.Errorf("remove run %s: %w", name, audit.ErrStale)
		}
	}
	for _, name := range c.RemoveParts {
		delete(v.parts, name)
	}
	for _, name := range c.RemoveRuns {
		delete(v.runs, name)
	}
	for _, p := range c.AddParts {
		v.parts[p.Name] = p
	}
	for _, r := range c.AddRuns {
		v.runs[r.Name] = r
	}
	for _, conflict := range c.Conflicts {
		key := conflict.Account + "\x00" + conflict.EventID + "\x00" + string(conflict.Raw)
		if _, known := v.conflicts[key]; !known {
			v.conflicts[key] = conflict
		}
	}
	return nil
}
