package authz

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sushaan/exchange/internal/fault"
)

// memo keeps what rules said, within one revision, by the values that they read:
// a fact that changes is another key, and no version of it can be forgotten. It
// is emptied when it is full: what is in use comes back at its first use.
type memo struct {
	mu        sync.RWMutex
	size      int // 0: nothing is kept
	entries   int
	decisions map[string]Decision
	truths    map[string]bool
	values    map[string]ast.Value
}

func newMemo(size int) *memo {
	return &memo{
		size: max(size, 0), decisions: map[string]Decision{}, truths: map[string]bool{}, values: map[string]ast.Value{},
	}
}

func (m *memo) decision(key []byte) (Decision, bool) {
	m.mu.RLock()
	d, ok := m.decisions[string(key)]
	m.mu.RUnlock()
	return d.copied(), ok
}

// room makes room for one more. The lock is held.
func (m *memo) room() bool {
	if m.size == 0 {
		return false
	}
	if m.entries >= m.size {
		clear(m.decisions)
		clear(m.truths)
		clear(m.values)
		m.entries = 0
	}
	m.entries++
	return true
}

func (m *memo) keepDecision(key []byte, d Decision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room() {
		m.decisions[string(key)] = d.copied()
	}
}

func (m *memo) keepTruth(key []byte, holds bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room() {
		m.truths[string(key)] = holds
	}
}

func (m *memo) keepValue(key []byte, v ast.Value) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room() {
		m.values[string(key)] = v
	}
}

// copied is the decision with lists of reasons of its own. The facts of a reason
// are shared: nobody changes them.
func (d Decision) copied() Decision {
	d.Denials, d.Warnings = cloned(d.Denials), cloned(d.Warnings)
	return d
}

func cloned(reasons []fault.Reason) []fault.Reason {
	if len(reasons) == 0 {
		return nil
	}
	return slices.Clone(reasons)
}
