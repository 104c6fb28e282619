package testkit_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// intended is an intent of the school and the cooperative.
func intended(t testing.TB, x *testkit.Exchange, product string) *pb.Intent {
	t.Helper()
	return testkit.Must[*pb.RecordIntentResponse](t, x.Cooperative, intention(x, product)).GetIntent()
}

func intention(x *testkit.Exchange, product string) *pb.RecordIntentRequest {
	return &pb.RecordIntentRequest{
		Fair: "陕货进苏推介会", Day: string(x.Today()), BuyerMemberId: x.School.Member, ProductId: product, Quantity: 100_000, ValueFen: 620_000,
	}
}

// An intent of a fair is matched to a later contract of its sides and product, once,
// and a contract comes of one intent. Nothing of it is volume.
func TestAnIntentIsMatchedToALaterContractOnceAndIsNoVolume(t *testing.T) {
	x := testkit.New(t)
	in := proposal(t, x)
	first, second := intended(t, x, in.GetProductId()), intended(t, x, in.GetProductId())
	team := x.People["coordination-team"]
	byTeam := intention(x, in.GetProductId())
	byTeam.SellerMemberId = x.Cooperative.Member
	third := testkit.Must[*pb.RecordIntentResponse](t, team, byTeam).GetIntent()
	contract := testkit.Must[*pb.ProposeContractResponse](t, x.Cooperative, in).GetContract().GetId()
	match := func(i *pb.Intent) *pb.MatchIntentRequest {
		return &pb.MatchIntentRequest{Id: i.GetId(), ContractId: contract}
	}
	wantBoth(t, x.School, match(first), fault.IntentInvalid) // it is not signed yet
	testkit.Must[*pb.SignContractResponse](t, x.School, &pb.SignContractRequest{Id: contract})
	matched := testkit.Must[*pb.MatchIntentResponse](t, x.School, match(first)).GetIntent()
	if matched.GetState() != pb.IntentState_INTENT_STATE_MATCHED || matched.GetContractId() != contract {
		t.Errorf("matched: %v", matched)
	}
	wantBoth(t, x.School, match(first), fault.WrongState)
	wantBoth(t, x.Cooperative, match(second), fault.AlreadyExists)
	other := signed(t, x, nil).GetId()
	wantBoth(t, x.Cooperative, &pb.MatchIntentRequest{Id: second.GetId(), ContractId: other}, fault.IntentInvalid) // of another product
	wantBoth(t, x.Hospital, match(second), fault.ResourceNotFound)
	testkit.Must[*pb.WithdrawIntentResponse](t, x.School, &pb.WithdrawIntentRequest{Id: second.GetId(), Reason: "too dear"})
	wantBoth(t, x.School, &pb.WithdrawIntentRequest{Id: second.GetId(), Reason: "again"}, fault.WrongState)
	for who, rows := range map[*testkit.Person]int{x.School: 3, x.Cooperative: 3, team: 3, x.BuyerSecretary: 3, x.Hospital: 0, x.OtherCounty: 0} {
		if list := testkit.Must[*pb.ListIntentsResponse](t, who, &pb.ListIntentsRequest{Fair: "陕货进苏推介会"}).GetIntents(); len(list) != rows {
			t.Errorf("%s sees %d intents, want %d", who.Name, len(list), rows)
		}
	}
	if open := testkit.Must[*pb.ListIntentsResponse](t, x.School, &pb.ListIntentsRequest{State: pb.IntentState_INTENT_STATE_RECORDED}).GetIntents(); len(open) != 1 || open[0].GetId() != third.GetId() {
		t.Errorf("open intents: %v", open)
	}
	if volumes := testkit.Must[*pb.QueryVolumesResponse](t, x.Auditor, &pb.QueryVolumesRequest{}).GetVolumes(); len(volumes) != 0 {
		t.Errorf("intents and contracts are volume: %v", volumes)
	}
	if list := testkit.Must[*pb.ListTransactionsResponse](t, x.Auditor, &pb.ListTransactionsRequest{}).GetTransactions(); len(list) != 0 {
		t.Errorf("intents are in the ledger: %v", list)
	}
	x.CheckInvariants(t)
}

func TestWhatAnIntentRefuses(t *testing.T) {
	x := testkit.New(t)
	product := proposal(t, x).GetProductId()
	for who, rows := range map[*testkit.Person]map[proto.Message]fault.Code{
		x.Cooperative: {
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.Day = string(x.Today().Plus(1)) }):                           fault.DatesInvalid,
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.BuyerMemberId = "" }):                                        fault.SideInvalid,
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.ValueFen = 1 << 60 }):                                        fault.IntentInvalid,
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.ProductId = "x" }):                                           fault.IDMalformed,
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.SellerMemberId = x.Agent.Member }):                           fault.NotYourOwn,
			&pb.MatchIntentRequest{Id: "61-0f3c0000-0000-4000-8000-000000000000", ContractId: "61-0f3c0000-0000-4000-8000-000000000000"}: fault.ResourceNotFound,
		},
		x.People["finance"]: {
			with(intention(x, product), func(r *pb.RecordIntentRequest) { r.SellerMemberId = x.Cooperative.Member }): fault.RoleMissing,
		},
	} {
		for in, want := range rows {
			wantBoth(t, who, in, want)
		}
	}
	if list := testkit.Must[*pb.ListIntentsResponse](t, x.Auditor, &pb.ListIntentsRequest{}).GetIntents(); len(list) != 0 {
		t.Errorf("refused, and there: %v", list)
	}
}

// with is a request with a change.
func with[R proto.Message](in R, change func(R)) R {
	change(in)
	return in
}
