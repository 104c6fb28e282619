package testkit_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

func sampling(x *testkit.Exchange, lot string, passed bool) *pb.RecordSamplingRequest {
	return &pb.RecordSamplingRequest{Id: lot, SampledOn: string(x.Today()), Item: "chlorpyrifos", Passed: passed, ReportNumber: "R-" + uuid.NewString()}
}

// resumable is an offer of a lot that is paused.
func resumable(t *testing.T, x *testkit.Exchange, like *pb.Offer) string {
	t.Helper()
	id := draftOf(t, x, like)
	testkit.Must[*pb.PublishOfferResponse](t, x.Cooperative, &pb.PublishOfferRequest{Id: id})
	testkit.Must[*pb.PauseOfferResponse](t, x.Cooperative, &pb.PauseOfferRequest{Id: id})
	return id
}

// draftOf drafts an offer of one unit of the lot of another.
func draftOf(t *testing.T, x *testkit.Exchange, like *pb.Offer) string {
	t.Helper()
	return testkit.Must[*pb.CreateOfferResponse](t, x.Cooperative, likeOffer(like)).GetOffer().GetId()
}

func likeOffer(o *pb.Offer) *pb.CreateOfferRequest {
	return &pb.CreateOfferRequest{
		ProductId: o.GetProductId(), CertificateId: o.GetCertificateId(), LotId: o.GetLotId(), Quantity: 1000, PriceFen: 6200,
		PriceBasis: o.GetPriceBasis(), SeasonFrom: o.GetSeasonFrom(), SeasonTo: o.GetSeasonTo(),
	}
}

// From its block to its release nothing of a lot is published, resumed, ordered,
// confirmed or shipped, over gRPC and HTTP; then all of it is again. What was
// ordered can be cancelled all the while.
func TestABlockedLotStopsPublicationOrdersConfirmationsAndShipments(t *testing.T) {
	x := testkit.New(t)
	sampler := x.People["yanan-sampler"]
	offer := x.Offer(t, testkit.OfferOptions{Lot: true, AnnualUnits: 102})
	lot := offer.GetLotId()
	if lot == "" {
		t.Fatal("the offer tells of no lot")
	}
	draft, paused := draftOf(t, x, offer), resumable(t, x, offer)
	placed, given, confirmed := x.Place(t, x.School, offer, 1).GetId(), x.Place(t, x.School, offer, 1).GetId(), x.Place(t, x.School, offer, 1).GetId()
	testkit.Must[*pb.ConfirmOrderResponse](t, x.Cooperative, &pb.ConfirmOrderRequest{Id: confirmed})
	held := map[proto.Message]*testkit.Person{
		&pb.PublishOfferRequest{Id: draft}:                            x.Cooperative,
		&pb.ResumeOfferRequest{Id: paused}:                            x.Cooperative,
		&pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}: x.School,
		&pb.ConfirmOrderRequest{Id: placed}:                           x.Cooperative,
		&pb.ShipOrderRequest{Id: confirmed}:                           x.Cooperative,
	}
	blocked := testkit.Must[*pb.BlockLotResponse](t, sampler, &pb.BlockLotRequest{Id: lot, Reason: "recall"}).GetLot()
	if blocked.GetState() != pb.LotState_LOT_STATE_BLOCKED || blocked.GetStateReason() != "recall" {
		t.Errorf("blocked: %v", blocked)
	}
	for in, who := range held {
		wantBoth(t, who, in, fault.LotBlocked)
	}
	why := explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId()})
	if got := deniedFor(why); !slices.Equal(got, []string{"LOT_BLOCKED"}) || why.GetDenials()[0].GetFacts()["code"] != blocked.GetCode() {
		t.Errorf("asked why: %v", why.GetDenials())
	}
	testkit.Must[*pb.CancelOrderResponse](t, x.School, &pb.CancelOrderRequest{Id: given, Reason: "blocked"})
	wantBoth(t, sampler, &pb.BlockLotRequest{Id: lot, Reason: "again"}, fault.WrongState)
	testkit.Must[*pb.ReleaseLotResponse](t, sampler, &pb.ReleaseLotRequest{Id: lot, Reason: "tested again"})
	wantBoth(t, sampler, &pb.ReleaseLotRequest{Id: lot, Reason: "again"}, fault.WrongState)
	for in, who := range held {
		if err := testkit.Try(t.Context(), who, in); err != nil {
			t.Errorf("%s after the release: %v", in.ProtoReflect().Descriptor().Name(), err)
		}
	}
	x.CheckInvariants(t)
}

// A test that was not passed blocks at once, one that was passed releases
// nothing; both are kept, and a repeated request is one sampling.
func TestAFailedSamplingBlocksTheLotAtOnce(t *testing.T) {
	x := testkit.New(t)
	sampler := x.People["yanan-sampler"]
	offer := x.Offer(t, testkit.OfferOptions{Lot: true})
	lot := offer.GetLotId()
	if out := testkit.Must[*pb.RecordSamplingResponse](t, sampler, sampling(x, lot, true)); out.GetLot().GetState() != pb.LotState_LOT_STATE_OPEN {
		t.Errorf("passed, and %v", out.GetLot())
	}
	x.Place(t, x.School, offer, 1)
	failed := sampling(x, lot, false)
	failed.RequestId = uuid.NewString()
	for range 2 {
		out := testkit.Must[*pb.RecordSamplingResponse](t, sampler, failed)
		if out.GetLot().GetState() != pb.LotState_LOT_STATE_BLOCKED || out.GetSampling().GetLotId() != lot || out.GetSampling().GetPassed() {
			t.Errorf("failed, and %v", out)
		}
	}
	failed.RequestId = ""
	wantBoth(t, sampler, failed, fault.AlreadyExists)
	wantBoth(t, x.School, &pb.PlaceOrderRequest{OfferId: offer.GetId(), Quantity: 1000}, fault.LotBlocked)
	if out := testkit.Must[*pb.RecordSamplingResponse](t, sampler, sampling(x, lot, true)); out.GetLot().GetState() != pb.LotState_LOT_STATE_BLOCKED {
		t.Errorf("a passed test released the lot: %v", out.GetLot())
	}
	list := testkit.Must[*pb.ListSamplingsResponse](t, x.Cooperative, &pb.ListSamplingsRequest{Id: lot}).GetSamplings()
	if len(list) != 3 || list[1].GetPassed() || list[1].GetItem() != "chlorpyrifos" || list[1].GetAuthorityId() == "" {
		t.Errorf("samplings: %v", list)
	}
	late := sampling(x, lot, true)
	late.SampledOn = string(x.Today().Plus(1))
	wantBoth(t, sampler, late, fault.DatesInvalid)
	x.CheckInvariants(t)
}

// Who samples has the role and the jurisdiction; a lot is seen by those whom it
// concerns.
func TestOnlyASamplerOfTheLotsOriginSamplesBlocksAndReleases(t *testing.T) {
	x := testkit.New(t)
	lot := x.Offer(t, testkit.OfferOptions{Lot: true}).GetLotId()
	block := &pb.BlockLotRequest{Id: lot, Reason: "x"}
	for who, want := range map[*testkit.Person]fault.Code{
		x.People["zhouzhi-sampler"]: fault.ResourceNotFound, x.Cooperative: fault.RoleMissing, x.County: fault.RoleMissing,
		x.OtherCounty: fault.ResourceNotFound, x.School: fault.RoleMissing,
	} {
		for _, in := range []proto.Message{block, &pb.ReleaseLotRequest{Id: lot, Reason: "x"}, sampling(x, lot, false)} {
			wantBoth(t, who, in, want)
		}
	}
	for who, rows := range map[*testkit.Person]int{
		x.Cooperative: 1, x.Secretary: 1, x.School: 1, x.County: 1, x.People["yanan-sampler"]: 1, x.Auditor: 1, x.Operator: 1,
		x.People["zhouzhi-sampler"]: 0, x.OtherCounty: 0, x.People["luochuan-producer"]: 0, x.People["finance"]: 0,
	} {
		list := testkit.Must[*pb.ListLotsResponse](t, who, &pb.ListLotsRequest{State: pb.LotState_LOT_STATE_OPEN}).GetLots()
		if len(list) != rows {
			t.Errorf("%s sees %d lots, want %d", who.Name, len(list), rows)
		}
		if rows == 0 {
			wantBoth(t, who, &pb.GetLotRequest{Id: lot}, fault.ResourceNotFound)
			wantBoth(t, who, &pb.ListSamplingsRequest{Id: lot}, fault.ResourceNotFound)
		}
	}
}

func TestALotIsOfItsSellersOwnProductAndItsCodeOnce(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{Lot: true})
	other := x.Offer(t, testkit.OfferOptions{})
	in := &pb.CreateLotRequest{
		ProductId: offer.GetProductId(), CertificateId: offer.GetCertificateId(), Code: "2026-1", ProducedOn: string(x.Today()), Quantity: 1,
	}
	wantBoth(t, x.People["luochuan-producer"], in, fault.NotYourOwn)
	wantBoth(t, x.School, in, fault.NotYourOwn) // and it has no role for it
	testkit.Must[*pb.CreateLotResponse](t, x.Cooperative, in)
	wantBoth(t, x.Cooperative, in, fault.AlreadyExists)
	in.Code, in.CertificateId = "2026-2", other.GetCertificateId()
	wantBoth(t, x.Cooperative, in, fault.LotInvalid)
	of := likeOffer(other)
	of.LotId = offer.GetLotId()
	wantBoth(t, x.Cooperative, of, fault.LotInvalid)
	of.LotId = "61-" + uuid.NewString()
	wantBoth(t, x.Cooperative, of, fault.ResourceNotFound)
	of.LotId = "x"
	wantBoth(t, x.Cooperative, of, fault.IDMalformed)
	agents := likeOffer(offer)
	testkit.Must[*pb.CreateMandateResponse](t, x.Cooperative, &pb.CreateMandateRequest{
		ProducerMemberId: x.Cooperative.Member, AgentMemberId: x.Agent.Member,
	})
	wantBoth(t, x.Agent, agents, fault.ResourceNotFound)
	x.CheckInvariants(t)
}
