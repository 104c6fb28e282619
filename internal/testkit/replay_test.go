package testkit_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/cli/ctl"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
	"github.com/sushaan/exchange/policies"
)

// found is what a replay prints as JSON.
type found struct {
	Decisions, Unchanged, NowDenied, NowAllowed, OtherObligations counted
	Codes, Obligations                                            []struct {
		Name        string
		Added, Gone counted
	}
	Complete bool
}

type counted struct {
	Decisions int
	AmountFen int64 `json:",string"`
}

// replay runs sushaanctl policy replay as the auditor under the built-in
// policies with one text of the data replaced: once of a folder, once of an OPA
// bundle of it, which find the same.
func replay(t *testing.T, x *testkit.Exchange, since time.Time, before, after string) found {
	t.Helper()
	folder, bundle := candidates(t, before, after)
	until := time.Now()
	f := replayOf(t, x, folder, since, until)
	if other := replayOf(t, x, bundle, since, until); !reflect.DeepEqual(f, other) {
		t.Errorf("a folder gives %+v, a bundle of it %+v", f, other)
	}
	return f
}

// candidates are a folder of policies and a bundle of it.
func candidates(t *testing.T, before, after string) (folder, bundle string) {
	t.Helper()
	dir := t.TempDir()
	folder, bundle = filepath.Join(dir, "policies"), filepath.Join(dir, "bundle.tar.gz")
	if err := os.CopyFS(folder, policies.FS); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data", "rules.json")
	text, err := os.ReadFile(data)
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("the data does not say %q: %v", before, err)
	}
	if err := os.WriteFile(data, []byte(strings.ReplaceAll(string(text), before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zipped := gzip.NewWriter(f)
	packed := tar.NewWriter(zipped)
	for name, from := range filesOf(t, folder) {
		text, err := os.ReadFile(from)
		if err == nil {
			err = packed.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
		}
		if err == nil {
			_, err = packed.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(packed.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return folder, bundle
}

// filesOf are the files of a folder of policies by their names in a bundle, whose
// data are in data.json.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{"/data.json": filepath.Join(folder, "data", "rules.json")}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".rego" {
			files[strings.TrimPrefix(name, folder)] = name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func replayOf(t *testing.T, x *testkit.Exchange, bundle string, since, until time.Time) found {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(x.Auditor.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(filepath.Dir(x.Config.TLSCert), "ca.pem")
	var out, errs bytes.Buffer
	exit := ctl.Main(t.Context(), []string{
		"policy", "replay", "--bundle", bundle, "--from", since.Format(time.RFC3339Nano), "--to", until.Format(time.RFC3339Nano), "-o", "json",
		"--server", x.Config.GRPCAddr, "--ca-file", ca, "--token-file", token,
	}, strings.NewReader(""), &out, &errs)
	if exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs.String())
	}
	var f found
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatalf("%s: %v", out.String(), err)
	}
	return f
}

// Past decisions are decided again under another policy set: what would change,
// by code, by obligation and by yuan, and nothing is written.
func TestAReplayTellsWhatAnotherPolicySetWouldChange(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	since := time.Now()
	x.Place(t, x.School, offer, 2)
	x.Place(t, x.School, offer, 3)
	_, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{
		OfferId: offer.GetId(), Quantity: 4000, ConsigneeCode: "610102",
	})
	if code := testkit.CodeOf(err); code != fault.IntraProvince {
		t.Fatalf("an order within the province: %s", code)
	}
	before := x.Rows(t)

	same := replay(t, x, since, `"allowed": false`, `"allowed": false`)
	if !same.Complete || same.Decisions.Decisions != 3 || same.Unchanged.Decisions != 3 || same.Decisions.AmountFen != 9*6200 || len(same.Codes) != 0 {
		t.Errorf("under the same policies: %+v", same)
	}
	stricter := replay(t, x, since, `"category": "LIQUOR"`, `"category": "FRESH_FRUIT"`)
	if stricter.NowDenied.Decisions != 2 || stricter.NowDenied.AmountFen != 5*6200 || len(stricter.Codes) != 1 ||
		stricter.Codes[0].Name != string(fault.RestrictedGoods) || stricter.Codes[0].Added.Decisions != 3 ||
		stricter.Codes[0].Added.AmountFen != 9*6200 {
		t.Errorf("no fruit for schools: %+v", stricter)
	}
	looser := replay(t, x, since, `"allowed": false`, `"allowed": true`)
	if looser.NowAllowed.Decisions != 1 || looser.NowAllowed.AmountFen != 4*6200 || looser.Codes[0].Gone.AmountFen != 4*6200 {
		t.Errorf("trade within a province: %+v", looser)
	}
	// Schemes that count to no reserve any more: the orders are allowed as before,
	// and fill less.
	none := replay(t, x, since, `"counts_to_reserve": true`, `"counts_to_reserve": false`)
	if none.OtherObligations != (counted{2, 5 * 6200}) || none.Unchanged.Decisions != 1 || len(none.Codes) != 0 || len(none.Obligations) != 1 ||
		none.Obligations[0].Name != "counts_to_reserve" || none.Obligations[0].Gone != (counted{2, 5 * 6200}) || none.Obligations[0].Added.Decisions != 0 {
		t.Errorf("schemes that do not count: %+v", none)
	}
	for table, rows := range x.Rows(t) {
		if rows != before[table] {
			t.Errorf("%s has %d rows, had %d", table, rows, before[table])
		}
	}
}

// The log is read by those whom policy lets, page by page, and tells every
// decision with its reasons; who asked is masked in the facts.
func TestTheDecisionLogIsReadByAuditorsAlone(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	since := timestamppb.Now()
	order := x.Place(t, x.School, offer, 2)
	_, err := testkit.Call[*pb.PlaceOrderResponse](t.Context(), x.School, &pb.PlaceOrderRequest{
		OfferId: offer.GetId(), Quantity: 4000, ConsigneeCode: "610102",
	})
	if code := testkit.CodeOf(err); code != fault.IntraProvince {
		t.Fatal(code)
	}
	var all []*pb.Decision
	for in := (&pb.ListDecisionsRequest{From: since, WithInput: true, PageSize: 1}); ; {
		page := testkit.Must[*pb.ListDecisionsResponse](t, x.Auditor, in)
		all = append(all, page.GetDecisions()...)
		if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
			break
		}
	}
	if len(all) != 2 || all[0].GetAllow() || !all[1].GetAllow() || all[0].GetDenials()[0].GetCode() != string(fault.IntraProvince) {
		t.Fatalf("the log tells %v", all)
	}
	for _, d := range all {
		if d.GetActorId() != x.School.Member || d.GetSubject() == "" || strings.Contains(d.GetInput(), d.GetSubject()) ||
			d.GetPolicyRevision() != order.GetPolicyRevision() || d.GetInputDigest() == "" || !json.Valid([]byte(d.GetInput())) {
			t.Errorf("half a decision: %v", d)
		}
	}
	denied := testkit.Must[*pb.ListDecisionsResponse](t, x.Operator, &pb.ListDecisionsRequest{
		From: since, DeniedOnly: true, Action: "order.place", ActorId: x.School.Member,
	}).GetDecisions()
	if len(denied) != 1 || denied[0].GetInput() != "" {
		t.Errorf("denials of the school: %v", denied)
	}
	none := testkit.Must[*pb.ListDecisionsResponse](t, x.Auditor, &pb.ListDecisionsRequest{To: timestamppb.New(time.Unix(0, 0))})
	if len(none.GetDecisions()) != 0 {
		t.Errorf("before anything was decided: %v", none)
	}
	for _, p := range []*testkit.Person{x.School, x.BuyerSecretary, x.Cooperative, x.County} {
		if got := testkit.Must[*pb.ListDecisionsResponse](t, p, &pb.ListDecisionsRequest{}).GetDecisions(); len(got) != 0 {
			t.Errorf("%s reads %d decisions", p.Name, len(got))
		}
	}
	wantBoth(t, x.Auditor, &pb.ListDecisionsRequest{WithInput: true, PageSize: 201}, fault.PageSizeTooLarge)
	wantBoth(t, x.Auditor, &pb.ListDecisionsRequest{From: timestamppb.Now(), To: since}, fault.DatesInvalid)
	wantBoth(t, x.Auditor, &pb.ListDecisionsRequest{ActorId: "x"}, fault.IDMalformed)
	wantBoth(t, x.School.With(""), &pb.ListDecisionsRequest{}, fault.TokenMissing)
}
