package testkit_test

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// everyFigure are the questions by which somebody could come to a figure of the
// ledger: volumes by each dimension and by pairs of them, their entries, targets,
// and the accounts of the seller.
func everyFigure(x *testkit.Exchange) []proto.Message {
	var all []proto.Message
	dimensions := pb.Dimension_DIMENSION_UNSPECIFIED.Descriptor().Values()
	for i := 1; i < dimensions.Len(); i++ {
		d := pb.Dimension(dimensions.Get(i).Number())
		all = append(all, &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{d}})
		if d != pb.Dimension_DIMENSION_BUYER_CLASS {
			all = append(all, &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{d, pb.Dimension_DIMENSION_BUYER_CLASS}})
		}
	}
	all = append(all, &pb.QueryVolumesRequest{}, &pb.OpenVolumeRequest{}, &pb.GetTargetProgressRequest{},
		&pb.QueryVolumesRequest{From: string(x.Today()), CompareYearAgo: true}, &pb.QueryVolumesRequest{Cell: map[string]string{"buyer_class": "MILITARY"}},
		&pb.OpenVolumeRequest{Cell: map[string]string{"buyer_class": "MILITARY"}},
		&pb.ListTransactionsRequest{}, &pb.ListEntriesRequest{}, &pb.ListOrdersRequest{})
	for _, r := range []pb.Report{
		pb.Report_REPORT_COUNTY_PRODUCTS, pb.Report_REPORT_CLASSES_CHANNELS, pb.Report_REPORT_PRICES, pb.Report_REPORT_DOUBLE_COUNTS,
		pb.Report_REPORT_RESERVES, pb.Report_REPORT_ASSESSMENT,
	} {
		all = append(all, &pb.RunReportRequest{Report: r})
	}
	all = append(all, &pb.ExportOCDSRequest{OcidPrefix: "ocds-213czf"})
	for _, kind := range []pb.AccountKind{pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER, pb.AccountKind_ACCOUNT_KIND_COMMITMENT_SELLER} {
		all = append(all, &pb.GetBalanceRequest{AccountKind: kind, AccountOwner: x.Cooperative.Member},
			&pb.GetStatementRequest{AccountKind: kind, AccountOwner: x.Cooperative.Member})
	}
	return all
}

// answers are what somebody is told, without the time at which it was.
func answers(t *testing.T, p *testkit.Person, questions []proto.Message) []string {
	t.Helper()
	var out []string
	for _, in := range questions {
		answer, err := testkit.Ask(t.Context(), p, in)
		switch m := answer.(type) {
		case *pb.QueryVolumesResponse:
			m.AsOf = nil
		case *pb.GetTargetProgressResponse:
			m.AsOf = nil
		case *pb.RunReportResponse:
			m.AsOf = nil
		case *pb.ExportOCDSResponse:
			m.AsOf = nil
		case *pb.GetBalanceResponse:
			m.AsOf = nil
		case *pb.GetStatementResponse:
			m.AsOf = nil
		}
		out = append(out, string(testkit.CodeOf(err))+" "+prototext.Format(answer))
	}
	return out
}

// What military buyers trade is told to nobody but auditors, operators and the
// parties, and cannot be had by subtraction: nothing that the others are told
// changes by it, whatever two questions they compare, before and after (decision 16).
func TestNothingThatTheUnclearedAreToldChangesWhenAMilitaryUnitBuys(t *testing.T) {
	x := testkit.New(t, swift)
	setTarget(t, x, nil)
	trade := func(buyer *testkit.Person, units int64) *pb.Order {
		t.Helper()
		o := x.Place(t, buyer, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), units)
		testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: o.GetId()})
		testkit.Must[*pb.AcceptOrderResponse](t, buyer, &pb.AcceptOrderRequest{Id: o.GetId(), AcceptedQuantity: o.GetQuantity()})
		return testkit.Must[*pb.RecordPaymentResponse](t, buyer, &pb.RecordPaymentRequest{
			Id: o.GetId(), AmountFen: o.GetAmountFen(), BankReference: uuid.NewString(),
		}).GetOrder()
	}
	trade(x.School, 2)
	uncleared := []string{"reform-commission", "coordination-team", "pair-team", "county-authority", "finance", "jiangsu-school-buyer", "shaanxi-agent"}
	questions := everyFigure(x)
	before := map[string][]string{}
	for _, name := range uncleared {
		before[name] = answers(t, x.People[name], questions)
	}
	cleared := answers(t, x.Auditor, questions)
	military := trade(x.People["jiangsu-military-buyer"], 3)
	for _, name := range uncleared {
		for i, now := range answers(t, x.People[name], questions) {
			if now != before[name][i] {
				t.Errorf("%s is told by %T %v\nbefore %s\nafter  %s", name, questions[i], questions[i], before[name][i], now)
			}
		}
	}
	// The test can fail: an auditor is told of it by every question but those that
	// it has no part in.
	changed := 0
	for i, now := range answers(t, x.Auditor, questions) {
		if now != cleared[i] {
			changed++
		}
	}
	if changed < len(questions)-3 {
		t.Errorf("%d of %d answers to an auditor changed", changed, len(questions))
	}
	wantBoth(t, x.People["reform-commission"], &pb.OpenVolumeRequest{Cell: map[string]string{"buyer_class": "MILITARY"}}, fault.ResourceNotFound)
	// The seller's own account has its trade, and so has its secretary's look at it.
	for _, p := range []*testkit.Person{x.Cooperative, x.Secretary, x.Auditor} {
		out := testkit.Must[*pb.GetStatementResponse](t, p, &pb.GetStatementRequest{
			AccountKind: pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER, AccountOwner: x.Cooperative.Member, From: timestamppb.New(military.GetCreateTime().AsTime()),
		})
		if len(out.GetEntries()) != 2 {
			t.Errorf("%s sees %v", p.Name, out.GetEntries())
		}
	}
}
