package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// importBatch is how many lines are sent at once, unless it is said.
const importBatch = 100

// errImport ends an import in which lines were refused: they are in the results.
var errImport = errors.New("some lines were not done; the results file says which and why")

func ordersImport(a *app) *cobra.Command {
	return importCommand(a, "import FILE.csv", "Place an order for each line of a CSV file; may be run again safely", &placements)
}

func ordersImportAcceptances(a *app) *cobra.Command {
	return importCommand(a, "import-acceptances FILE.csv",
		"Record an acceptance (验收) for each line of a CSV file; may be run again safely", &acceptances)
}

func importCommand(a *app, use, short string, kind *importKind) *cobra.Command {
	var results string
	var batch int
	cmd := &cobra.Command{
		Use: use, Short: short,
		Long: short + `.

The file begins with a head of column names:
` + strings.Join(kind.columns, ", ") + `.
` + strings.Join(kind.required, " and ") + ` are required; the others may be left out.

Before anything is sent, the lines are written to the results file with a request
id for each; what became of them follows, batch by batch. Run again with the same
results file, only lines that are not done are sent, under the same request ids:
nothing is done twice, whenever the import was interrupted. A line that is
malformed takes no other with it and may be corrected in the file. To order the
same again, name another results file.`,
		Args: exactly("FILE.csv"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if batch < 1 || batch > maxImportBatch {
				return usagef("--batch is 1 to %d", maxImportBatch)
			}
			if results == "" {
				results = strings.TrimSuffix(args[0], ".csv") + ".results.csv"
			}
			run, err := newImport(kind, args[0], results)
			if err != nil {
				return err
			}
			return run.send(cmd.Context(), a, batch)
		},
	}
	cmd.Flags().StringVar(&results, "results", "", "results file (default FILE.results.csv)")
	cmd.Flags().IntVar(&batch, "batch", importBatch, "lines sent at once")
	return cmd
}

// importKind is what the lines of a file are.
type importKind struct {
	what              string // is being done, for the bar
	columns, required []string
	request           func(fields map[string]string) (proto.Message, error)
	send              func(ctx context.Context, a *app, lines []proto.Message) ([]*pb.OrderResult, error)
}

// batchOf makes the function that sends lines as one request.
func batchOf[L, Q proto.Message, R interface {
	proto.Message
	GetResults() []*pb.OrderResult
}](call unary[Q, R], of func([]L) Q) func(context.Context, *app, []proto.Message) ([]*pb.OrderResult, error) {
	return func(ctx context.Context, a *app, lines []proto.Message) ([]*pb.OrderResult, error) {
		list := make([]L, len(lines))
		for i, l := range lines {
			list[i], _ = l.(L) // as the kind's request makes them
		}
		out, err := invoke(ctx, a, call, of(list))
		if err != nil {
			return nil, err
		}
		return out.GetResults(), nil
	}
}

var placements = importKind{
	what: "placing",
	columns: []string{
		"request_id", "offer_id", "quantity", "consignee_code", "deliver_by", "reserve", "channel", "purpose", "reserve_plan_id",
	},
	required: []string{"offer_id", "quantity"},
	request:  placementOf,
	send: batchOf(bind(pb.NewOrderServiceClient, pb.OrderServiceClient.BatchPlaceOrders),
		func(l []*pb.PlaceOrderRequest) *pb.BatchPlaceOrdersRequest {
			return &pb.BatchPlaceOrdersRequest{Lines: l}
		}),
}

var acceptances = importKind{
	what:     "accepting",
	columns:  []string{"request_id", "id", "accepted_quantity", "rejected_quantity", "short_quantity", "reason", "accepted_on"},
	required: []string{"id", "accepted_quantity"},
	request:  acceptanceOf,
	send: batchOf(bind(pb.NewOrderServiceClient, pb.OrderServiceClient.BatchAcceptDeliveries),
		func(l []*pb.AcceptOrderRequest) *pb.BatchAcceptDeliveriesRequest {
			return &pb.BatchAcceptDeliveriesRequest{Lines: l}
		}),
}

// importing is a file of orders on its way.
type importing struct {
	kind  *importKind
	path  string // of the results
	lines []importLine
}

// newImport reads a file, and what an earlier run of it left.
func newImport(kind *importKind, file, results string) (*importing, error) {
	lines, err := kind.read(file)
	if err != nil {
		return nil, err
	}
	run := &importing{kind: kind, path: results, lines: lines}
	earlier, err := kind.readResults(results)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return run, run.save()
	case err != nil:
		return nil, err
	}
	return run, run.resume(earlier)
}

// resume takes over what became of the lines. A results file of other lines is
// refused: its request ids stand for other orders.
func (r *importing) resume(earlier []importLine) error {
	if len(earlier) != len(r.lines) {
		return usagef("%s is of a file with %d lines, not %d; name another with --results", r.path, len(earlier), len(r.lines))
	}
	for i, e := range earlier {
		if e.state == lineRefused && e.code == malformed {
			if !r.lines[i].given {
				r.lines[i].fields["request_id"] = e.fields["request_id"]
			}
			earlier[i] = r.lines[i] // nothing was sent of it: it may have been corrected
			continue
		}
		if !r.kind.same(e, r.lines[i]) {
			return usagef("line %d is not the one in %s; name another results file with --results", i+1, r.path)
		}
	}
	r.lines = earlier
	return nil
}

// send sends the lines that are not done, batch by batch.
func (r *importing) send(ctx context.Context, a *app, size int) error {
	var open []*importLine
	for i := range r.lines {
		if r.lines[i].state != lineDone {
			open = append(open, &r.lines[i])
		}
	}
	done := len(r.lines) - len(open)
	b := newBar(a.stderr, r.kind.what, int64(len(r.lines)))
	defer b.end()
	for len(open) > 0 {
		now := open[:min(size, len(open))]
		open = open[len(now):]
		if err := r.batch(ctx, a, now); err != nil {
			return errors.Join(err, r.save())
		}
		if err := r.save(); err != nil {
			return err
		}
		done += len(now)
		b.at(int64(done))
	}
	b.end()
	return r.tell(a)
}

// batch sends some lines and notes what became of each.
func (r *importing) batch(ctx context.Context, a *app, lines []*importLine) error {
	var requests []proto.Message
	var sent []*importLine
	for _, l := range lines {
		if l.wrong != "" {
			l.refuse(malformed, l.wrong)
			continue
		}
		request, err := r.kind.request(l.fields)
		if err != nil {
			l.refuse(malformed, err.Error())
			continue
		}
		requests, sent = append(requests, request), append(sent, l)
	}
	if len(sent) == 0 {
		return nil
	}
	results, err := r.kind.send(ctx, a, requests)
	if err != nil {
		return err
	}
	if len(results) != len(sent) {
		return fmt.Errorf("the server answered %d of %d lines", len(results), len(sent))
	}
	for i, result := range results {
		if e := result.GetError(); e != nil {
			s := status.FromProto(e)
			sent[i].refuse(reasonOf(s), messageOf(s))
			continue
		}
		o := result.GetOrder()
		sent[i].state, sent[i].order, sent[i].code, sent[i].message = lineDone, o.GetId(), "", ""
	}
	return nil
}

// importSummary is what an import came to.
type importSummary struct {
	Results string `json:"results"`
	Lines   int    `json:"lines"`
	Done    int    `json:"done"`
	Refused int    `json:"refused"`
}

func (r *importing) tell(a *app) error {
	s := importSummary{Results: r.path, Lines: len(r.lines)}
	for _, l := range r.lines {
		if l.state == lineDone {
			s.Done++
		} else {
			s.Refused++
		}
	}
	text := fmt.Sprintf("%d lines: %d done, %d refused. Results: %s\n", s.Lines, s.Done, s.Refused, oneLine(s.Results))
	p := a.printer()
	var err error
	switch p.format {
	case formatTable:
		err = p.write([]byte(text))
	default:
		err = p.value(s)
	}
	if err == nil && s.Refused > 0 {
		err = errImport
	}
	return err
}
