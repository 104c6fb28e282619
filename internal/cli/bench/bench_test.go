package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sushaan/exchange/internal/cli/bench"
	"github.com/sushaan/exchange/internal/localdb"
)

type outcome struct {
	Machine, Engine string
	Cases           []struct {
		Name       string
		Throughput float64
		P50        float64 `json:"p50_ms"`
		P99        float64 `json:"p99_ms"`
		Errors     int64
		FirstError string                              `json:"first_error"`
		TPCB       *struct{ Min, Median, Max float64 } `json:"ratio_tpcb"`
		Plain      *struct{ Min, Median, Max float64 } `json:"ratio_plain"`
		Entries    *struct{ Min, Median, Max float64 } `json:"ratio_entries"`
	}
}

func quick(t *testing.T, change func(*bench.Options)) outcome {
	t.Helper()
	o := bench.QuickDefaults()
	o.JSON, o.DatabaseURL = true, os.Getenv("TEST_DATABASE_URL")
	change(&o)
	var out bytes.Buffer
	if err := bench.Run(t.Context(), o, &out, t.Output()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	var got outcome
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	wantNames(t, out.Bytes())
	return got
}

// Every case runs, over gRPC, does something without an error, and leaves every
// invariant whole: Run would end in an error otherwise.
func TestEveryCaseRunsBrieflyAndBreaksNothing(t *testing.T) {
	got := quick(t, func(*bench.Options) {})
	var names []string
	for _, c := range got.Cases {
		names = append(names, c.Name)
		if c.Throughput <= 0 || c.P50 <= 0 || c.P99 < c.P50 || c.Errors != 0 {
			t.Errorf("%+v", c)
		}
		if strings.HasPrefix(c.Name, "volumes-") && c.Name != "volumes-c4" && (c.Entries == nil || c.Entries.Min <= 0) {
			t.Errorf("%s has no ratio to the entries", c.Name)
		}
		if (strings.HasPrefix(c.Name, "place-") || strings.HasPrefix(c.Name, "bulk100-")) && (c.TPCB == nil || c.Plain == nil || c.TPCB.Min <= 0 || c.TPCB.Max < c.TPCB.Median) {
			t.Errorf("%s has no ratios: %+v %+v", c.Name, c.TPCB, c.Plain)
		}
	}
	want := "place-hot-c1 place-spread-c1 place-hot-c16 place-spread-c16 place-hot-c256 place-spread-c256 bulk100-hot bulk100-spread accept-c16 get-c64 list-c64 volumes-c4 volumes-month-direction-c4 volumes-seller-county-c4 decide-c16"
	if strings.Join(names, " ") != want {
		t.Errorf("cases %v, want %s", names, want)
	}
}

// An open loop over HTTP counts the time a call waits for its turn.
func TestAnOpenLoopOverHTTPRunsToo(t *testing.T) {
	got := quick(t, func(o *bench.Options) { o.HTTP, o.Rate, o.Cases, o.Clients = true, 50, []string{"place"}, []int{8} })
	for _, c := range got.Cases {
		if c.Errors != 0 || c.Throughput <= 0 || c.Throughput > 100 {
			t.Errorf("50 arrivals a second, %+v", c)
		}
	}
}

// One call keeps the only caller beyond the end of the measured time. Those that
// were due meanwhile are made all the same, and what they waited counts: leaving
// them out would report a slow exchange as a fast one.
func TestAnOpenLoopCountsEveryCallThatWasDueAndAllItsWaiting(t *testing.T) {
	const rate, duration, stall = 100.0, 100 * time.Millisecond, 200 * time.Millisecond
	calls := 0
	done, failed, latencies := bench.OpenLoop(t.Context(), rate, duration, func(context.Context) error {
		if calls++; calls == 1 {
			time.Sleep(stall)
		}
		return nil
	})
	if done != 10 || failed != 0 || len(latencies) != 10 {
		t.Fatalf("%d done, %d failed, %d latencies; 10 calls were due", done, failed, len(latencies))
	}
	// The n-th was due after n hundredths of a second and made after the stall.
	for n, got := range latencies {
		if least := stall - time.Duration(9-n)*10*time.Millisecond; got < least {
			t.Errorf("latency %d is %v, at least %v were waited", n, got, least)
		}
	}
}

// wantNames wants the JSON form to have the names that are its contract, whatever
// else is there.
func wantNames(t *testing.T, out []byte) {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"machine", "engine"} {
		if text, ok := all[name].(string); !ok || text == "" {
			t.Errorf("%s is %v", name, all[name])
		}
	}
	cases, _ := all["cases"].([]any)
	for _, c := range cases {
		c, _ := c.(map[string]any)
		name, _ := c["name"].(string)
		numbers(t, name, c, "throughput", "p50_ms", "p99_ms", "p999_ms", "errors")
		var ratios []string
		switch family, _, _ := strings.Cut(name, "-"); family {
		case "place", "bulk100":
			ratios = []string{"ratio_tpcb", "ratio_plain"}
		case "get", "list":
			ratios = []string{"ratio_select"}
		}
		for _, r := range ratios {
			of, _ := c[r].(map[string]any)
			numbers(t, name+" "+r, of, "min", "median", "max")
		}
	}
}

func numbers(t *testing.T, what string, of map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, ok := of[name].(float64); !ok {
			t.Errorf("%s: %s is %v, no number", what, name, of[name])
		}
	}
}

// breaker changes what an order says it costs once the first round is over.
type breaker struct {
	t    *testing.T
	url  string
	once sync.Once
}

func (b *breaker) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("round 1/1")) {
		b.once.Do(func() { b.spoil() })
	}
	return b.t.Output().Write(p)
}

func (b *breaker) spoil() {
	ctx := b.t.Context()
	server, err := pgx.Connect(ctx, b.url)
	if err != nil {
		b.t.Error(err)
		return
	}
	defer func() { _ = server.Close(ctx) }()
	var name string
	if err := server.QueryRow(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'sushaan_bench_%' ORDER BY datname DESC LIMIT 1").Scan(&name); err != nil {
		b.t.Error(err)
		return
	}
	c := server.Config().Copy()
	c.Database = name
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		b.t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "UPDATE offers SET taken = taken + 1 WHERE taken > 0"); err != nil {
		b.t.Error(err)
	}
}

// Figures of a run that broke an invariant mean nothing: it tells what is broken,
// and no figure.
func TestARunThatBrokeAnInvariantReportsNothingElse(t *testing.T) {
	db, err := localdb.Start(t.Context(), localdb.Options{DatabaseURL: os.Getenv("TEST_DATABASE_URL")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	}()
	o := bench.QuickDefaults()
	o.JSON, o.DatabaseURL, o.Cases, o.Clients = true, db.URL(), []string{"place"}, []int{2}
	var out bytes.Buffer
	if err := bench.Run(t.Context(), o, &out, &breaker{t: t, url: db.URL()}); !errors.Is(err, bench.ErrBroken) {
		t.Errorf("the run ended with %v", err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(line, " broken (") {
			t.Errorf("it reports %q", line)
		}
	}
	if out.Len() == 0 {
		t.Error("it does not say what is broken")
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, change := range []func(*bench.Options){
		func(o *bench.Options) { o.Cases = []string{"fast"} },
		func(o *bench.Options) { o.Clients = []int{0} },
		func(o *bench.Options) { o.Rounds = 0 },
		func(o *bench.Options) { o.Rate = -1 },
	} {
		o := bench.Defaults()
		change(&o)
		if o.Validate() == nil {
			t.Errorf("%+v", o)
		}
	}
	if err := bench.Defaults().Validate(); err != nil {
		t.Error(err)
	}
}
