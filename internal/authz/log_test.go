package authz_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/fault"
)

func logTo(t *testing.T, path string, change func(*authz.LogOptions)) (*authz.Log, *prometheus.Registry) {
	t.Helper()
	r := prometheus.NewRegistry()
	o := authz.LogOptions{Path: path, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: r, Wait: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	l := authz.NewLog(o)
	t.Cleanup(l.Close)
	return l, r
}

func line() authz.LogLine {
	return authz.LogLine{ID: uuid.New(), Action: "order.pay", Allow: true, Input: json.RawMessage(`{"a":1}`)}
}

// linesOf are the ids of a file's lines; every line must be whole.
func linesOf(t *testing.T, path string) map[uuid.UUID]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[uuid.UUID]int{}
	for l := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		var got authz.LogLine
		if err := json.Unmarshal([]byte(l), &got); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		ids[got.ID]++
	}
	return ids
}

func lost(t *testing.T, r *prometheus.Registry, log string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "sushaan_decisions_dropped_total" && m.GetLabel()[0].GetValue() == log {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatal("nothing counts what is lost")
	return 0
}

func TestEveryLineReachesTheFileOnceAndClosingWaitsForThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	l, r := logTo(t, path, func(o *authz.LogOptions) { o.Queue = 4 })
	var wg sync.WaitGroup
	var mu sync.Mutex
	want := map[uuid.UUID]bool{}
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				one := line()
				mu.Lock()
				want[one.ID] = true
				mu.Unlock()
				if i%2 == 0 {
					l.Write(one)
				} else if err := l.WriteThrough(t.Context(), one); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l.Close()
	got := linesOf(t, path)
	for id := range want {
		if got[id] != 1 {
			t.Errorf("a line is there %d times", got[id])
		}
	}
	if len(got) != len(want) || lost(t, r, "file") != 0 {
		t.Errorf("%d lines of %d, %v lost", len(got), len(want), lost(t, r, "file"))
	}
}

// The file cannot be written for a while: whoever needs a line fails, whoever
// does not loses none.
func TestAFileThatComesBackGetsWhatWaited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	l, r := logTo(t, path, nil)
	if err := l.Check(); err == nil {
		t.Error("a folder passes for a file")
	}
	needed := line()
	if err := l.WriteThrough(t.Context(), needed); !fault.Is(err, fault.DecisionLogAway) {
		t.Errorf("%v, want DECISION_LOG_UNAVAILABLE", err)
	}
	waits := []authz.LogLine{line(), line(), line()}
	for _, w := range waits {
		l.Write(w)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	later := line()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if err := l.WriteThrough(t.Context(), later); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the file is there again and the log does not notice")
		}
	}
	l.Close()
	got := linesOf(t, path)
	for _, w := range append(waits, later) {
		if got[w.ID] != 1 {
			t.Errorf("a line that waited is there %d times", got[w.ID])
		}
	}
	if got[needed.ID] != 0 {
		t.Error("the line of what was refused is there")
	}
	if lost(t, r, "file") != 0 {
		t.Errorf("%v lost", lost(t, r, "file"))
	}
}

func TestWhatIsLostIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no folder", "decisions.jsonl")
	l, r := logTo(t, path, func(o *authz.LogOptions) { o.Queue, o.Wait = 1, 20*time.Millisecond })
	const written = 10
	for range written {
		l.Write(line())
	}
	l.Dropped()
	l.Close()
	if lost(t, r, "file") != written || lost(t, r, "table") != 1 {
		t.Errorf("%v of the file and %v of the table are counted", lost(t, r, "file"), lost(t, r, "table"))
	}
}

func TestALogWithoutAFileAsksForNothing(t *testing.T) {
	l, r := logTo(t, "", nil)
	l.Write(line())
	if err := l.WriteThrough(t.Context(), line()); err != nil || l.Check() != nil || lost(t, r, "file") != 0 {
		t.Error(err)
	}
}

func TestTheSubjectIsMaskedWhateverItIs(t *testing.T) {
	for _, subject := range []string{"chen.buyer", `a"b`, "陈", "<x>"} {
		quoted, err := json.Marshal(map[string]any{"principal": map[string]any{"roles": []string{}, "subject": subject, "system": false}})
		if err != nil {
			t.Fatal(err)
		}
		masked := authz.MaskInput(quoted, subject)
		var in struct {
			Principal struct{ Subject string }
		}
		if err := json.Unmarshal(masked, &in); err != nil || in.Principal.Subject != authz.Masked {
			t.Errorf("%s: %v", masked, err)
		}
	}
}
