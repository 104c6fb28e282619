package ctl

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

const builtIn = "../../../policies"

// decisions answers with one decision a page.
func (f *fake) decisions(list ...*pb.Decision) {
	f.answer["ListDecisions"] = func(in proto.Message) (proto.Message, error) {
		at := len(textOf(in, "page_token"))
		out := &pb.ListDecisionsResponse{Decisions: list[at : at+1]}
		if at+1 < len(list) {
			out.NextPageToken = strings.Repeat("x", at+1)
		}
		return out, nil
	}
}

// What the built-in policies deny, whatever else they say: an unknown action.
func unknownAction(id string, allowed bool, fen string, denials ...*pb.Reason) *pb.Decision {
	return &pb.Decision{
		Id: id, Action: "order.steal", Allow: allowed, Denials: denials, Time: timestamppb.New(time.Unix(1_790_000_000, 0)),
		Input: `{"action": "order.steal", "day": "2026-01-01", "principal": {"roles": [], "system": false}, "order": {"amount_fen": ` + fen + `}}`,
	}
}

func TestReplayCountsWhatWouldChangeByCodeAndByYuan(t *testing.T) {
	f := newFake(t)
	f.decisions(
		unknownAction("1", true, "123456"),
		unknownAction("2", false, "1", &pb.Reason{Code: "POLICY_UNDEFINED"}),
		unknownAction("3", false, "50", &pb.Reason{Code: "NO_GRANT"}),
	)
	r := run(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01", "--action", "order.steal")
	if r.exit != exitDone || r.stderr != "" {
		t.Fatalf("exit %d, stderr %q: a bar is for a terminal alone", r.exit, r.stderr)
	}
	_, body, _ := strings.Cut(r.stdout, "\n\n")
	same(t, "replay", body, `
                          NUMBER     YUAN
decisions                      3  1235.07
unchanged                      1     0.01
now denied                     1  1234.56
now allowed                    0     0.00
denied for other reasons       1     0.50
with other obligations         0     0.00

CODE              WOULD-DENY     YUAN  NO-LONGER  YUAN
NO_GRANT                   0     0.00          1  0.50
POLICY_UNDEFINED           2  1235.06          0  0.00
`[1:])
	in := f.last(t, "ListDecisions").in.(*pb.ListDecisionsRequest)
	if !in.GetWithInput() || in.GetAction() != "order.steal" || in.GetPageSize() != replayPage || in.GetTo() == nil {
		t.Errorf("sent %v", in)
	}
	csv := ok(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01", "-o", "csv")
	same(t, "csv", csv, "what,name,added,added_amount_fen,gone,gone_amount_fen\r\ncode,NO_GRANT,0,0,1,50\r\ncode,POLICY_UNDEFINED,2,123506,0,0\r\n")
	if out := ok(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01", "-o", "json"); !strings.Contains(out, `"complete": true`) {
		t.Errorf("json: %s", out)
	}
	r = run(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01", "--max", "2", "-o", "json")
	if !strings.Contains(r.stdout, `"complete": false`) || !strings.Contains(r.stderr, "more than 2 decisions") {
		t.Errorf("cut: %s %s", r.stdout, r.stderr)
	}
}

// An order that the exchange itself expires is allowed, and nothing follows from
// it, whatever was logged. What logged no obligations is not compared.
func TestReplayCountsOtherObligations(t *testing.T) {
	f := newFake(t)
	expiry := func(id string, o *pb.Obligations) *pb.Decision {
		return &pb.Decision{
			Id: id, Action: "order.expire", Allow: true, Obligations: o, Time: timestamppb.New(time.Unix(1_790_000_000, 0)),
			Input: `{"action": "order.expire", "day": "2026-01-01", "principal": {"roles": [], "system": true}, "order": {"amount_fen": 250}}`,
		}
	}
	f.decisions(
		expiry("1", &pb.Obligations{Direction: pb.Direction_DIRECTION_SN_TO_JS, Collaboration: true}),
		expiry("2", &pb.Obligations{}), expiry("3", nil),
	)
	_, body, _ := strings.Cut(ok(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01"), "\n\n")
	same(t, "replay", body, `
                          NUMBER  YUAN
decisions                      3  7.50
unchanged                      2  5.00
now denied                     0  0.00
now allowed                    0  0.00
denied for other reasons       0  0.00
with other obligations         1  2.50

OBLIGATION          WOULD-HAVE  YUAN  NO-LONGER  YUAN
collaboration                0  0.00          1  2.50
direction SN_TO_JS           0  0.00          1  2.50
`[1:])
}

func TestAReplayThatCannotBeDoneSaysWhy(t *testing.T) {
	f := newFake(t)
	empty := t.TempDir()
	broken := t.TempDir()
	must(t, os.CopyFS(broken, os.DirFS(builtIn)))
	must(t, os.WriteFile(filepath.Join(broken, "order", "broken.rego"), []byte("package exchange.order\nx :="), 0o600))
	for name, tc := range map[string]struct {
		args []string
		exit int
		want string
	}{
		"no bundle":             {[]string{"--from", "2026-01-01"}, exitUsage, "bundle"},
		"no span":               {[]string{"--bundle", builtIn}, exitUsage, "from"},
		"a bundle that is none": {[]string{"--bundle", "replay.go", "--from", "2026-01-01"}, exitFailed, "cannot be used"},
		"a folder with a key":   {[]string{"--bundle", builtIn, "--bundle-key", "replay.go", "--from", "2026-01-01"}, exitFailed, "no signature"},
		"an empty folder":       {[]string{"--bundle", empty, "--from", "2026-01-01"}, exitFailed, "cannot be used"},
		"does not parse":        {[]string{"--bundle", broken, "--from", "2026-01-01"}, exitFailed, "broken.rego"},
		"nothing at most":       {[]string{"--bundle", builtIn, "--from", "2026-01-01", "--max", "0"}, exitUsage, "--max"},
		"a span that turns":     {[]string{"--bundle", builtIn, "--from", "2026-01-02", "--to", "2026-01-01"}, exitUsage, "--to"},
	} {
		r := run(t, append([]string{"policy", "replay"}, tc.args...)...)
		if r.exit != tc.exit || !strings.Contains(r.stderr, tc.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", name, r.exit, r.stderr)
		}
	}
	f.decisions(&pb.Decision{Id: "61-d", Action: "order.place", Input: "no JSON"})
	if r := run(t, "policy", "replay", "--bundle", builtIn, "--from", "2026-01-01"); r.exit != exitFailed || !strings.Contains(r.stderr, "61-d") {
		t.Errorf("an input that cannot be read: %+v", r)
	}
}

func TestAnAmountNeverTurnsNegative(t *testing.T) {
	c := counted{AmountFen: math.MaxInt64 - 1}
	c.add(5)
	if c.AmountFen != math.MaxInt64 || c.Decisions != 1 {
		t.Errorf("%+v", c)
	}
}

// safe is a buffer for two writers.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func TestTheBarShowsProgressAndEnds(t *testing.T) {
	var s safe
	b := startBar(&s, "replaying", 60)
	b.at(30)
	b.at(120) // no more than all of it
	b.end()
	if !strings.Contains(s.b.String(), "replaying") {
		t.Errorf("%q", s.b.String())
	}
	count := startBar(&s, "rows", 0) // of nobody knows how many
	count.at(1200)
	count.end()
	if !strings.Contains(s.b.String(), "rows") {
		t.Errorf("%q", s.b.String())
	}
	if b := newBar(&s, "replaying", 1); b != nil {
		t.Error("a bar where there is no terminal")
	}
}
