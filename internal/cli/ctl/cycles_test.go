package ctl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func aStatement(side pb.Side, net int64) func(proto.Message) (proto.Message, error) {
	return func(in proto.Message) (proto.Message, error) {
		out := &pb.GetMemberStatementResponse{
			Cycle: &pb.SettlementCycle{Id: "61-c", From: "2026-11-01", To: "2026-11-30"}, MemberId: "M", MemberNameZh: "学校 <一>",
			Obligation: &pb.Obligation{MemberId: "M", Side: side, Orders: 2, NetFen: net, AcceptedFen: net}, CarriedFen: net,
		}
		line := &pb.StatementLine{
			OrderId: "61-one", AcceptTime: &timestamppb.Timestamp{Seconds: 1_793_980_800}, State: pb.OrderState_ORDER_STATE_ACCEPTED,
			AcceptedFen: 62_000, DueFen: 62_000, Invoices: []*pb.Invoice{{Number: "24617", AmountFen: 62_000, IssuedOn: "2026-11-25"}},
		}
		if textOf(in, "page_token") == "" {
			out.NextPageToken = "next"
		} else {
			line.OrderId = "61-two"
		}
		out.Lines = []*pb.StatementLine{line}
		return out, nil
	}
}

// A statement as a page has every order, whatever the page size, escapes what it
// is told, and loads nothing from anywhere.
func TestAStatementIsWrittenAsAPageToPrint(t *testing.T) {
	f := newFake(t)
	f.answer = map[string]func(proto.Message) (proto.Message, error){"GetMemberStatement": aStatement(pb.Side_SIDE_SELLER, -124_000)}
	file := filepath.Join(t.TempDir(), "statement.html")
	ok(t, "settlement", "cycles", "statement", "C", "M", "--html", file)
	text, err := os.ReadFile(file)
	must(t, err)
	for _, want := range []string{"61-one", "61-two", "24617", "620.00", "学校 &lt;一&gt;", "应收", "1240.00", "@media print", "2026-11-01"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	for _, not := range []string{"http:", "https:", "<script", "-1240.00", "<一>"} {
		if strings.Contains(string(text), not) {
			t.Errorf("the page has %q", not)
		}
	}
	f.answer["GetMemberStatement"] = aStatement(pb.Side_SIDE_BUYER, 124_000)
	if r := run(t, "settlement", "cycles", "statement", "C", "M", "--html", "-"); r.exit != exitDone || !strings.Contains(r.stdout, "应付") {
		t.Errorf("a buyer's on stdout: %+v", r)
	}
	if r := run(t, "settlement", "cycles", "statement", "C", "M", "--html", filepath.Join(t.TempDir(), "none", "x")); r.exit != exitFailed {
		t.Errorf("into no folder: %+v", r)
	}
	if r := run(t, "settlement", "cycles", "statement", "C", "M", "--all"); !strings.Contains(r.stdout, "61-two") || !strings.Contains(r.stdout, "SELLER") && !strings.Contains(r.stdout, "BUYER") {
		t.Errorf("as a table: %+v", r)
	}
}
