package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/cli/bench"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
)

func TestDistancesThatMakeNoSenseAreRefused(t *testing.T) {
	for _, change := range []func(*bench.DistanceOptions){
		func(o *bench.DistanceOptions) { o.OneWay = 0 },
		func(o *bench.DistanceOptions) { o.OneWay = 2 * time.Second },
		func(o *bench.DistanceOptions) { o.Samples = 0 },
		func(o *bench.DistanceOptions) { o.Warmup = -1 },
		func(o *bench.DistanceOptions) { o.Settle = 0 },
		func(o *bench.DistanceOptions) { o.StepTime = 0 },
	} {
		o := bench.DistanceDefaults()
		change(&o)
		if o.Validate() == nil {
			t.Errorf("%+v", o)
		}
	}
	if err := bench.DistanceDefaults().Validate(); err != nil {
		t.Error(err)
	}
}

// Without a cockroach binary distance says how to get one. With one, every call is
// measured, takes a time, and breaks nothing; a read of the nearest copy and of the
// directory crosses no distance, whatever the machine.
func TestDistanceMeasuresEveryCallOrSaysWhatItNeeds(t *testing.T) {
	o := bench.DistanceDefaults()
	o.JSON, o.Samples, o.Warmup = true, 3, 1
	// Far more than what a machine takes by itself.
	o.OneWay = 100 * time.Millisecond
	var out bytes.Buffer
	err := bench.Distance(t.Context(), o, &out, t.Output())
	if localdb.Available(context.Background(), localdb.CockroachDB) != nil {
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.CockroachMissing {
			t.Errorf("without a binary: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	var got struct {
		OneWayMS float64 `json:"one_way_ms"`
		Trips    []struct {
			Call, From               string
			Wanted, Measured, Nearby float64
			Reached                  *bool
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got.OneWayMS != 100 || len(got.Trips) < 30 {
		t.Errorf("%d calls at %g ms", len(got.Trips), got.OneWayMS)
	}
	for _, c := range got.Trips {
		if c.Measured <= 0 || c.Nearby <= 0 || (c.Wanted == 0) != (c.Reached == nil) {
			t.Errorf("%+v", c)
		}
		// A write waits for a majority, which is in another region: never less than
		// there and back.
		if c.From == "unforwarded" && c.Measured < 1 {
			t.Errorf("a write crossed no distance: %+v", c)
		}
	}
}
