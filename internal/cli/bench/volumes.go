package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"strings"

	"golang.org/x/mod/sumdb/note"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/dataset"
	ex "github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/seal"
)

// reader sees the whole ledger, so that its figures are all of it.
const reader = "auditor"

// volumeQuestions are what is asked of the volume dataset, and the floor that is
// the same question asked of the entries in SQL.
var volumeQuestions = []struct {
	name  string
	floor floorKind
	by    []pb.Dimension
}{
	{"month-direction", entriesByMonth, []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION}},
	{"seller-county", entriesByCounty, []pb.Dimension{pb.Dimension_DIMENSION_SELLER_COUNTY}},
}

// floorQuestions are the dimensions of the floors.
var floorQuestions = map[floorKind][]ex.Dimension{
	entriesByMonth: {ex.ByMonth, ex.ByDirection}, entriesByCounty: {ex.BySellerCounty},
}

// reporting asks for volumes of the dataset.
func (x *exchange) reporting(n int) []benchCase {
	var all []benchCase
	for _, q := range volumeQuestions {
		in := &pb.QueryVolumesRequest{GroupBy: q.by}
		all = append(all, benchCase{
			name: fmt.Sprintf("volumes-%s-c%d", q.name, n), clients: n, floors: []floorKind{q.floor},
			prepare: func(ctx context.Context) error {
				if err := x.loadVolumes(ctx); err != nil {
					return err
				}
				return x.sameFigures(ctx, q.floor, in)
			},
			work: x.askingAs(reader, func(ctx context.Context, c caller) error {
				return c.call(ctx, "ReportService/QueryVolumes", in, &pb.QueryVolumesResponse{})
			}),
		})
	}
	return all
}

// loadVolumes loads the dataset, once, and seals what waits.
func (x *exchange) loadVolumes(ctx context.Context) error {
	if x.signer == nil {
		private, _, err := proof.NewKey(rand.Reader, "bench.sushaan.example/ledger")
		if err != nil {
			return err
		}
		if x.signer, err = proof.ParseSigner(private); err != nil {
			return err
		}
		done, err := dataset.Volume(ctx, x.store(), dataset.Options{Entries: x.o.Entries, Note: func(string, ...any) {}})
		if err != nil {
			return err
		}
		fmt.Fprintf(x.notes, "%d orders, %d transactions and %d entries loaded in %.1f s\n", done.Orders, done.Transactions, done.Entries, done.Load.Seconds())
	}
	return x.sealAll(ctx, x.signer)
}

// sealAll seals what waits, as a server's sealer does, and tells how fast.
func (x *exchange) sealAll(ctx context.Context, signer note.Signer) error {
	rate, err := seal.Drain(ctx, x.store(), seal.Config{Signer: proof.Always(signer)})
	if err == nil && rate.Sealed > 0 {
		fmt.Fprintf(x.notes, "%s\n", rate)
		err = x.store().Analyze(ctx)
	}
	return err
}

// sameFigures proves that the exchange and the floor give the same answer.
func (x *exchange) sameFigures(ctx context.Context, kind floorKind, in *pb.QueryVolumesRequest) error {
	c, err := x.as(reader, 0)
	if err != nil {
		return err
	}
	var out pb.QueryVolumesResponse
	if err := c.call(ctx, "ReportService/QueryVolumes", in, &out); err != nil {
		return err
	}
	client, err := x.floor.Client(ctx)
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	want, err := client.Volumes(ctx, floorQuestions[kind])
	if err != nil {
		return err
	}
	got := map[string]string{}
	for _, v := range out.GetVolumes() {
		key := strings.TrimPrefix(v.GetMeasure().String(), "MEASURE_")
		for _, d := range floorQuestions[kind] {
			key += " " + v.GetKeys()[string(d)]
		}
		got[key] = fmt.Sprintf("%d %d", v.GetAmountFen(), v.GetEntries())
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("the exchange says %v, the entries say %v", got, want)
	}
	fmt.Fprintf(x.notes, "%s: %d figures, equal to the fen to those of the entries\n", kind, len(got))
	return nil
}
