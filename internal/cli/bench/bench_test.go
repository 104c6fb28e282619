package bench_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/cli/bench"
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
	if got.Machine == "" || got.Engine == "" {
		t.Errorf("nothing says where it was measured: %s", out.String())
	}
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
