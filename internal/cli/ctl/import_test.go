package ctl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func orderFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.csv")
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// shortStock is the error of a line.
func shortStock(t *testing.T) *spb.Status {
	t.Helper()
	s, err := status.New(codes.FailedPrecondition, "only 0 of 2000 are left").
		WithDetails(&errdetails.ErrorInfo{Reason: "STOCK_SHORT", Domain: errorDomain})
	must(t, err)
	return s.Proto()
}

// places answers batches: a line of offer SHORT is refused, every other is an
// order that has the name of its request id.
func (f *fake) places(t *testing.T) {
	t.Helper()
	f.answer["BatchPlaceOrders"] = func(m proto.Message) (proto.Message, error) {
		out := &pb.BatchPlaceOrdersResponse{}
		for _, l := range m.(*pb.BatchPlaceOrdersRequest).GetLines() {
			r := &pb.OrderResult{RequestId: l.GetRequestId(), Outcome: &pb.OrderResult_Order{Order: &pb.Order{Id: "O-" + l.GetRequestId()}}}
			if l.GetOfferId() == "SHORT" {
				r.Outcome = &pb.OrderResult_Error{Error: shortStock(t)}
			}
			out.Results = append(out.Results, r)
		}
		return out, nil
	}
}

func (f *fake) linesSent() (all []*pb.PlaceOrderRequest) {
	for _, h := range f.heard() {
		all = append(all, h.in.(*pb.BatchPlaceOrdersRequest).GetLines()...)
	}
	return all
}

func TestAnImportPlacesEachLineAndSaysWhatBecameOfIt(t *testing.T) {
	f := newFake(t)
	f.places(t)
	file := orderFile(t, "\uFEFFoffer_id,quantity,reserve,purpose\nA,1000,true,canteen\nSHORT,2000,,\nA,many,,\nB,3000,,gift\n")
	r := run(t, "orders", "import", file, "--batch", "2")
	if r.exit != exitFailed || !strings.Contains(r.stdout, "4 lines: 2 done, 2 refused") {
		t.Fatalf("%+v", r)
	}
	sent := f.linesSent()
	if len(sent) != 3 || !sent[0].GetReserve() || sent[0].GetPurpose() != pb.Purpose_PURPOSE_CANTEEN || sent[2].GetQuantity() != 3000 {
		t.Fatalf("sent %v", sent)
	}
	content, err := os.ReadFile(strings.TrimSuffix(file, ".csv") + ".results.csv")
	must(t, err)
	lines := strings.Split(string(content), "\n")
	for i, want := range []string{"line,state,", "1,done,O-" + sent[0].GetRequestId(), "2,refused,,STOCK_SHORT,only 0 of 2000", "3,refused,,LINE_MALFORMED,", "4,done,O-"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of the results is %q, want %q…", i, lines[i], want)
		}
	}
}

// An import that was interrupted goes on where it was, under the same request
// ids: what the server did before it could say so is not done again.
func TestAnImportRunAgainSendsWhatIsNotDoneUnderTheSameIDs(t *testing.T) {
	f := newFake(t)
	f.places(t)
	place, calls := f.answer["BatchPlaceOrders"], 0
	f.answer["BatchPlaceOrders"] = func(m proto.Message) (proto.Message, error) {
		if calls++; calls == 2 {
			return nil, status.Error(codes.Unavailable, "gone")
		}
		return place(m)
	}
	file := orderFile(t, "offer_id,quantity\nA,1\nA,2\nSHORT,3\nA,4\n")
	if r := run(t, "orders", "import", file, "--batch", "2"); r.exit != exitUnreachable {
		t.Fatalf("%+v", r)
	}
	first := f.linesSent()
	f.answer["BatchPlaceOrders"] = place
	if r := run(t, "orders", "import", file); r.exit != exitFailed {
		t.Fatalf("%+v", r)
	}
	again := f.linesSent()[len(first):]
	if len(again) != 2 || again[0].GetQuantity() != 3 || again[1].GetQuantity() != 4 {
		t.Fatalf("sent again %v", again)
	}
	for _, l := range again {
		for _, before := range first {
			if before.GetQuantity() == l.GetQuantity() && before.GetRequestId() != l.GetRequestId() {
				t.Errorf("line of %d under another request id", l.GetQuantity())
			}
		}
	}
	before := len(f.heard())
	must(t, os.WriteFile(file, []byte("offer_id,quantity\nA,1\nA,2\nB,3\nA,4\n"), 0o600))
	if r := run(t, "orders", "import", file); r.exit != exitUsage || !strings.Contains(r.stderr, "line 3") {
		t.Errorf("%+v", r)
	}
	if len(f.heard()) != before {
		t.Error("a changed file was sent under the request ids of another")
	}
}

func TestAnImportOfAcceptancesRecordsEachLine(t *testing.T) {
	f := newFake(t)
	f.answer["BatchAcceptDeliveries"] = func(m proto.Message) (proto.Message, error) {
		out := &pb.BatchAcceptDeliveriesResponse{}
		for _, l := range m.(*pb.BatchAcceptDeliveriesRequest).GetLines() {
			out.Results = append(out.Results, &pb.OrderResult{RequestId: l.GetRequestId(), Outcome: &pb.OrderResult_Order{Order: &pb.Order{Id: l.GetId()}}})
		}
		return out, nil
	}
	file := orderFile(t, "id,accepted_quantity,short_quantity,reason\nA,98000,2000,a carton missing\nB,1000,,\nC,,,\n")
	if r := run(t, "orders", "import-acceptances", file, "-o", "json"); r.exit != exitFailed || !strings.Contains(r.stdout, `"done": 2`) {
		t.Fatalf("%+v", r)
	}
	lines := f.last(t, "BatchAcceptDeliveries").in.(*pb.BatchAcceptDeliveriesRequest).GetLines()
	if len(lines) != 2 || lines[0].GetShortQuantity() != 2000 || lines[0].GetReason() != "a carton missing" || lines[1].GetAcceptedQuantity() != 1000 {
		t.Errorf("sent %v", lines)
	}
}

func TestAFileThatCannotBeReadWholeSendsNothing(t *testing.T) {
	f := newFake(t)
	for name, content := range map[string]string{
		"cut in a number":  "offer_id,quantity\nA,1000\nA,20",
		"cut in a quote":   "offer_id,quantity\nA,\"1000\nA,2000\n",
		"no quantity":      "offer_id\nA\n",
		"unknown column":   "offer_id,quantity,price\nA,1,2\n",
		"column twice":     "offer_id,quantity,quantity\nA,1,2\n",
		"empty":            "",
		"not UTF-8":        "offer_id,quantity\n\xff,1\n",
		"only half a head": "offer_id,quan",
	} {
		file := orderFile(t, content)
		if r := run(t, "orders", "import", file); r.exit != exitFailed || !strings.HasPrefix(r.stderr, "error: FAILED: ") {
			t.Errorf("%s: %+v", name, r)
		}
		if _, err := os.Stat(strings.TrimSuffix(file, ".csv") + ".results.csv"); err == nil {
			t.Errorf("%s: there are results", name)
		}
	}
	if r := run(t, "orders", "import", orderFile(t, "offer_id,quantity\nA,1\n"), "--batch", "1001"); r.exit != exitUsage {
		t.Errorf("%+v", r)
	}
	if len(f.heard()) != 0 {
		t.Errorf("%d calls", len(f.heard()))
	}
}

// What is read of a file is what was written.
func FuzzParseRows(f *testing.F) {
	for _, s := range []string{
		"offer_id,quantity\nA,1\n", "\uFEFFoffer_id,quantity\r\n\"A\",1\r\n", "offer_id,quantity\nA,1", "quantity,offer_id\n\"1\n2\",\"\"\"\"\n",
		"offer_id,quantity\n\n\nA,1\n", "offer_id,offer_id\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rows, _, err := parseRows([]byte(s), placements.columns, placements.required)
		if err != nil {
			return
		}
		dir := t.TempDir()
		r := importing{kind: &placements, path: filepath.Join(dir, "r.csv")}
		for _, row := range rows {
			if row["request_id"] == "" {
				row["request_id"] = "x"
			}
			r.lines = append(r.lines, importLine{fields: row, state: lineOpen})
		}
		if err := r.save(); err != nil {
			t.Fatal(err)
		}
		again, err := placements.readResults(r.path)
		if err != nil || len(again) != len(rows) {
			t.Fatalf("%d rows, read again %d: %v", len(rows), len(again), err)
		}
		for i := range again {
			if !placements.same(again[i], r.lines[i]) {
				t.Errorf("row %d: %v, read again %v", i, rows[i], again[i].fields)
			}
		}
	})
}
