package testkit_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// closed closes months by one person.
func closed(t *testing.T, x *testkit.Exchange, p *testkit.Person, ids ...string) {
	t.Helper()
	x.WaitSealed(t)
	for _, id := range ids {
		softClose(t, p, id)
		closePeriod(t, p, id)
	}
}

func submit(t *testing.T, p *testkit.Person, id string) *pb.Submission {
	t.Helper()
	return testkit.Must[*pb.CreateSubmissionResponse](t, p, &pb.CreateSubmissionRequest{Id: id}).GetSubmission()
}

// tableOf reads a table of a pack.
func tableOf(t *testing.T, pack proof.Pack, name string) [][]string {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(pack[name])).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return lines
}

// A submission made last is still verified after further trades, closings and
// adjustments: by the file and the key alone, and against the ledger (I9).
func TestASubmissionHoldsAfterFurtherTradesClosingsAndAdjustments(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	drc, _ := commission(t, x)
	late := shipped(t, x)
	x.Settled(t)
	c.on("2027-04-02")
	for _, in := range []proto.Message{&pb.CreateSubmissionRequest{Id: "2027-03"}, &pb.CreateSubmissionRequest{Id: "2027-04"}} {
		wantBoth(t, drc, in, fault.WrongState) // they are open
	}
	wantBoth(t, drc, &pb.GetSubmissionRequest{Id: "2027-03"}, fault.ResourceNotFound)
	closed(t, x, drc, "2027-03")
	term := newTerminal(t, x, drc)
	dir, key := t.TempDir(), x.VerifierKeyFile()
	file, folder := filepath.Join(dir, "march.zip"), filepath.Join(dir, "march")
	term.must("submissions", "create", "2027-03")
	term.must("submissions", "download", "2027-03", "--file", file)
	term.must("submissions", "download", "2027-03", "--folder", folder)
	wantBoth(t, drc, &pb.CreateSubmissionRequest{Id: "2027-03"}, fault.WrongState)
	if p := testkit.Must[*pb.GetPeriodResponse](t, drc, &pb.GetPeriodRequest{Id: "2027-03"}).GetPeriod(); p.GetState() != pb.PeriodState_PERIOD_STATE_SUBMITTED {
		t.Errorf("the period is %s", p.GetState())
	}

	// An adjustment of the submitted month, more trade, and the next closing.
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{
		Id: late.GetId(), AcceptedQuantity: late.GetQuantity(), AcceptedOn: "2027-03-31",
	})
	x.Settled(t)
	c.on("2027-05-02")
	closed(t, x, drc, "2027-04")
	submit(t, drc, "2027-04")
	x.Settled(t)
	x.WaitSealed(t)
	for _, pack := range []string{file, folder} {
		if out := term.offline().must("verify", pack, "--key", key); !strings.Contains(out, "the submission of period 2027-03, 2027-03-01 to 2027-03-31, is as it was signed: 9 files") {
			t.Errorf("offline: %s", out)
		}
		if out := term.must("submissions", "verify", pack, "--key", key); !strings.Contains(out, "it equals the ledger at position") || !strings.Contains(out, "7 tables were made anew") {
			t.Errorf("against the ledger: %s", out)
		}
	}
	april := testkit.Must[*pb.VerifySubmissionResponse](t, x.Auditor, &pb.VerifySubmissionRequest{Id: "2027-04"})
	if !april.GetEqual() || len(april.GetTables()) != 7 || april.GetLogSize() <= april.GetSubmission().GetPosition() {
		t.Errorf("april: %v", april)
	}
	if list := testkit.Must[*pb.ListSubmissionsResponse](t, x.Auditor, &pb.ListSubmissionsRequest{PageSize: 1}); len(list.GetSubmissions()) != 1 || list.GetNextPageToken() == "" {
		t.Errorf("the first page: %v", list)
	}
	wantBoth(t, drc, &pb.DownloadSubmissionRequest{Id: "2027-03", FromByte: 1}, fault.InvalidArgument)
	x.CheckInvariants(t)
}

// What stands in the pack are the ledger's figures, to the fen: the month's own,
// and what adjusts an earlier month apart.
func TestASubmissionHasTheFiguresOfItsPeriod(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	drc, _ := commission(t, x)
	late := shipped(t, x)
	c.on("2027-04-02")
	closed(t, x, drc, "2027-03")
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{
		Id: late.GetId(), AcceptedQuantity: late.GetQuantity(), AcceptedOn: "2027-03-31",
	})
	x.Settled(t)
	c.on("2027-05-02")
	closed(t, x, drc, "2027-04")
	submit(t, drc, "2027-04")
	pack := downloaded(t, drc, "2027-04")
	volumes := tableOf(t, pack, "tables/volumes.csv")
	want := [][]string{
		{"month", "direction", "measure", "amount_fen", "orders", "entries"},
		{"2027-04", "SN_TO_JS", "ACCEPTED", "12400", "2", "2"}, {"2027-04", "SN_TO_JS", "CONTRACTED", "6200", "1", "1"},
		{"2027-04", "SN_TO_JS", "SETTLED", "6200", "1", "1"},
	}
	if len(volumes) != len(want) {
		t.Fatalf("volumes %v", volumes)
	}
	for i, line := range want {
		if strings.Join(volumes[i], ",") != strings.Join(line, ",") {
			t.Errorf("line %d is %v, want %v", i, volumes[i], line)
		}
	}
	adjustments := tableOf(t, pack, "tables/adjustments.csv")
	if len(adjustments) != 2 || strings.Join(adjustments[1], ",") != "2027-03,SN_TO_JS,ACCEPTED,6200,1000,1" {
		t.Errorf("adjustments %v", adjustments)
	}
	f, err := excelize.OpenReader(bytes.NewReader(pack["submission-2027-04.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.GetCellValue("Volumes by month 分月协作量", "D2"); err != nil || got != "124.00" {
		t.Errorf("the workbook says %q yuan, %v", got, err)
	}
	if got, err := f.GetCellValue("By seller county 按卖方县区", "C2"); err != nil || got != "延长县" {
		t.Errorf("the workbook names the county %q, %v", got, err)
	}
}

func downloaded(t *testing.T, p *testkit.Person, id string) proof.Pack {
	t.Helper()
	var content []byte
	for in := (&pb.DownloadSubmissionRequest{Id: id}); ; {
		part := testkit.Must[*pb.DownloadSubmissionResponse](t, p, in)
		content = append(content, part.GetContent()...)
		if in.FromByte = part.GetNextByte(); in.FromByte == 0 {
			break
		}
	}
	pack, err := proof.OpenPack(content)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// Whatever was changed in the ledger under a submission is found, and so is a
// changed file; a pack of another key is not taken.
func TestAChangedLedgerOrPackIsFound(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	drc, _ := commission(t, x)
	x.Settled(t)
	c.on("2027-04-02")
	closed(t, x, drc, "2027-03")
	submit(t, drc, "2027-03")
	term := newTerminal(t, x, drc)
	file := filepath.Join(t.TempDir(), "march.zip")
	term.must("submissions", "download", "2027-03", "--file", file)
	if code, _, errs := term.run("submissions", "download", "2027-03", "--file", file); code == 0 || !strings.Contains(errs, "exists") {
		t.Errorf("written over: exit %d, %s", code, errs)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := term.file("changed.zip", strings.Replace(string(content), "SN_TO_JS,SETTLED,6200", "SN_TO_JS,SETTLED,6300", 1))
	if code, _, errs := term.offline().run("verify", changed, "--key", x.VerifierKeyFile()); code != 1 || !strings.Contains(errs, "SUBMISSION_INVALID") {
		t.Errorf("a changed figure: exit %d, %s", code, errs)
	}
	other := testkit.New(t)
	if code, _, errs := term.offline().run("verify", file, "--key", other.VerifierKeyFile()); code != 1 || !strings.Contains(errs, "SUBMISSION_INVALID") {
		t.Errorf("another key: exit %d, %s", code, errs)
	}
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE ledger_entries SET amount_fen = 2 * amount_fen, measure_fen = 2 * measure_fen WHERE measure = 'SETTLED'")
	testkit.Exec(t, x.Config.DatabaseURL, "UPDATE volumes SET fen = 2 * fen WHERE measure = 'SETTLED'")
	if code, _, errs := term.run("submissions", "verify", file, "--key", x.VerifierKeyFile()); code == 0 || !strings.Contains(errs, "LEDGER_DIFFERS") {
		t.Errorf("a changed ledger: exit %d, %s", code, errs)
	}
}

// The same inputs give the same bytes: whoever makes the pack, on whichever
// server, and whatever was traded meanwhile.
func TestTheSamePeriodGivesTheSamePack(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	first, second := commission(t, x)
	x.Settled(t)
	c.on("2027-04-02")
	closed(t, x, first, "2027-03")
	dry := func(p *testkit.Person) string {
		return testkit.Must[*pb.CreateSubmissionResponse](t, p, &pb.CreateSubmissionRequest{Id: "2027-03", DryRun: true}).GetSubmission().GetSha256()
	}
	want := dry(first)
	x.Settled(t)
	x.WaitSealed(t)
	y := x.Second(t)
	c.on("2027-06-02")
	if got := dry(y.People["reform-commission"]); got != want {
		t.Errorf("another server makes %s of it, not %s", got, want)
	}
	if got := submit(t, second, "2027-03").GetSha256(); got != want {
		t.Errorf("what was made is %s, not %s", got, want)
	}
}

// Two submissions of one period never are: they meet, and one is told so.
func TestAPeriodIsSubmittedOnceByWhomeverIsFirst(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	first, second := commission(t, x)
	x.Settled(t)
	c.on("2027-04-02")
	closed(t, x, first, "2027-03")
	done := make(chan error, 2)
	for _, p := range []*testkit.Person{first, second} {
		go func() { done <- testkit.Try(t.Context(), p, &pb.CreateSubmissionRequest{Id: "2027-03"}) }()
	}
	made := 0
	for range 2 {
		switch err := <-done; testkit.CodeOf(err) {
		case "OK", "":
			made++
		case fault.WrongState, fault.AlreadyExists:
		default:
			t.Errorf("%v", err)
		}
	}
	if made != 1 {
		t.Errorf("%d were made", made)
	}
	x.CheckInvariants(t)
}

// A server that cannot sign makes none, and says so.
func TestAServerWithoutTheKeyMakesNoSubmission(t *testing.T) {
	x, c := dated(t, "2027-03-20")
	drc, _ := commission(t, x)
	x.Settled(t)
	c.on("2027-04-02")
	closed(t, x, drc, "2027-03")
	y := x.Second(t, func(cfg *server.Config) { cfg.SigningKey = "" })
	wantBoth(t, y.People["reform-commission"], &pb.CreateSubmissionRequest{Id: "2027-03"}, fault.SigningKeyAway)
	wantBoth(t, y.School, &pb.CreateSubmissionRequest{Id: "2027-03"}, fault.RoleMissing)
}
