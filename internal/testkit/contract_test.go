package testkit_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/testkit"
)

// seasonDays is how long the season of the contracts of the tests is.
const seasonDays = 60

// proposal is a contract of 100 sales units, 10 % more or less, at 62.00 at least,
// half of it to be delivered in ten days and the rest in thirty.
func proposal(t testing.TB, x *testkit.Exchange) *pb.ProposeContractRequest {
	t.Helper()
	certificate := x.Certificate(t, testkit.OfferOptions{AnnualUnits: 120})
	today := x.Today()
	return &pb.ProposeContractRequest{
		BuyerMemberId: x.School.Member, ProductId: certificate.GetProductId(), CertificateId: certificate.GetId(), Variety: "富士 80 mm",
		SeasonFrom: string(today), SeasonTo: string(today.Plus(seasonDays)), ToleranceBasisPoints: 1000, FloorPriceFen: 6200,
		Schedule: []*pb.Delivery{{Day: string(today.Plus(10)), Quantity: 50_000}, {Day: string(today.Plus(30)), Quantity: 50_000}},
	}
}

func proposed(t testing.TB, x *testkit.Exchange, change func(*pb.ProposeContractRequest)) *pb.Contract {
	t.Helper()
	in := proposal(t, x)
	if change != nil {
		change(in)
	}
	return testkit.Must[*pb.ProposeContractResponse](t, x.Cooperative, in).GetContract()
}

// signed is a contract that the school has signed; with its deposit paid, where it
// has one.
func signed(t testing.TB, x *testkit.Exchange, change func(*pb.ProposeContractRequest)) *pb.Contract {
	t.Helper()
	c := proposed(t, x, change)
	c = testkit.Must[*pb.SignContractResponse](t, x.School, &pb.SignContractRequest{Id: c.GetId()}).GetContract()
	if c.GetDepositFen() > 0 {
		out := imported(t, x, bankCSV(uuid.NewString(), booked{uuid.NewString(), "deposit " + c.GetPaymentReference(), c.GetDepositFen()}))
		if out.GetMatchedLines() != 1 {
			t.Fatalf("the deposit was not matched: %v", out)
		}
	}
	return contractOf(t, x, c.GetId())
}

func withDeposit(r *pb.ProposeContractRequest) { r.DepositFen = 100_000 }

func contractOf(t testing.TB, x *testkit.Exchange, id string) *pb.Contract {
	t.Helper()
	return testkit.Must[*pb.GetContractResponse](t, x.School, &pb.GetContractRequest{Id: id}).GetContract()
}

func wantContract(t testing.TB, c *pb.Contract, want pb.ContractState) {
	t.Helper()
	if c.GetState() != want {
		t.Fatalf("contract is %s (%s), want %s", c.GetState(), c.GetStateReason(), want)
	}
}

func callOff(t testing.TB, x *testkit.Exchange, contract string, units int64) *pb.Order {
	t.Helper()
	return testkit.Must[*pb.CallOffContractResponse](t, x.School, &pb.CallOffContractRequest{Id: contract, Quantity: units * 1000}).GetOrder()
}

// delivered ships an order and accepts all of it.
func delivered(t testing.TB, x *testkit.Exchange, order *pb.Order) *pb.Order {
	t.Helper()
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
	return testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: order.GetQuantity()}).GetOrder()
}

// accountOf is what an account of a member stands at; 0 where it has no entry.
func accountOf(t testing.TB, p *testkit.Person, kind pb.AccountKind) int64 {
	t.Helper()
	out, err := testkit.Call[*pb.GetBalanceResponse](t.Context(), p, &pb.GetBalanceRequest{AccountKind: kind})
	if code := testkit.CodeOf(err); code != "OK" && code != fault.AsOfInvalid {
		t.Fatal(err)
	}
	return out.GetBalanceFen()
}

const (
	depositAccount = pb.AccountKind_ACCOUNT_KIND_DEPOSIT_BUYER
	payableAccount = pb.AccountKind_ACCOUNT_KIND_PAYABLE
)

// withClock is an exchange whose clock a test moves, with no server's own jobs in
// between.
func withClock(t testing.TB, c *clock) *testkit.Exchange {
	t.Helper()
	return testkit.New(t, func(s *server.Config) { s.Now, s.JobPoll = c.Now, time.Hour })
}

// jobsAfter lets days pass and does what is due.
func jobsAfter(t testing.TB, x *testkit.Exchange, c *clock, days int) {
	t.Helper()
	c.ahead.Add(int64(time.Duration(days) * 24 * time.Hour))
	if err := x.App.DoJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A contract from its proposal to its fulfilment: its offer is the buyer's alone,
// call-offs are orders at the higher of floor and index of their day, the deposit
// pays its share of each acceptance, and what is left of it goes back.
func TestAForwardContractFromItsProposalToItsFulfilment(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	contract := signed(t, x, func(r *pb.ProposeContractRequest) { withDeposit(r); r.Index = "陕西苹果产地价" })
	id := contract.GetId()
	wantContract(t, contract, pb.ContractState_CONTRACT_STATE_IN_FORCE)
	if held := accountOf(t, x.School, depositAccount); held != -100_000 {
		t.Errorf("the deposit account stands at %d", held)
	}
	offer := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
	if offer.GetQuantity() != 110_000 || offer.GetReservedForMemberId() != x.School.Member || offer.GetWay() != pb.Way_WAY_FORWARD || offer.GetWayId() == "" {
		t.Errorf("the contract's offer: %v", offer)
	}
	wantBoth(t, x.Hospital, &pb.GetOfferRequest{Id: offer.GetId()}, fault.ResourceNotFound)

	first := callOff(t, x, id, 50)
	if first.GetPriceFen() != 6200 || first.GetWay() != pb.Way_WAY_FORWARD || first.GetState() != pb.OrderState_ORDER_STATE_CONFIRMED {
		t.Errorf("the first call-off: %v", first)
	}
	testkit.Must[*pb.RecordIndexPriceResponse](t, x.County, &pb.RecordIndexPriceRequest{
		Id: id, Day: string(x.Today()), PriceFen: 6350, Source: "陕西省农产品价格监测周报",
	})
	second := callOff(t, x, id, 40)
	if second.GetPriceFen() != 6350 || second.GetAmountFen() != 40*6350 {
		t.Errorf("the second call-off at the index: %v", second)
	}
	after := delivered(t, x, first)
	if after.GetPaidAmountFen() != 50_000 || after.GetHeldAmountFen() != 50_000 || after.GetState() != pb.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("half of the quantity takes half of the deposit: %v", after)
	}
	settled := testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{
		Id: first.GetId(), AmountFen: 50*6200 - 50_000, BankReference: "rest",
	}).GetOrder()
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: first.GetId(), AmountFen: 1, BankReference: "more"}, fault.PaymentInvalid)
	imported(t, x, bankCSV("to the seller", booked{"S1", settled.GetPaymentReference(), -50_000}))
	wantState(t, orderOf(t, x, first.GetId()), pb.OrderState_ORDER_STATE_SETTLED)
	delivered(t, x, second)
	if got := contractOf(t, x, id); got.GetDepositReleasedFen() != 90_000 || got.GetDepositHeldFen() != 10_000 {
		t.Errorf("after both: %v", got)
	}

	jobsAfter(t, x, c, seasonDays)
	wantContract(t, contractOf(t, x, id), pb.ContractState_CONTRACT_STATE_IN_FORCE)
	jobsAfter(t, x, c, 1)
	over := contractOf(t, x, id)
	wantContract(t, over, pb.ContractState_CONTRACT_STATE_FULFILLED)
	if over.GetDepositPayableFen() != 10_000 || over.GetDepositPayableTo() != x.School.Member || over.GetDepositHeldFen() != 0 {
		t.Errorf("what is left of the deposit: %v", over)
	}
	if accountOf(t, x.School, depositAccount) != 0 || accountOf(t, x.School, payableAccount) != -10_000 {
		t.Error("the rest of the deposit is not payable to the buyer")
	}
	imported(t, x, bankCSV("back", booked{"B1", over.GetPaymentReference(), -10_000}))
	if accountOf(t, x.School, payableAccount) != 0 || contractOf(t, x, id).GetDepositPaidOutFen() != 10_000 {
		t.Error("the rest of the deposit is not back")
	}
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: id, Quantity: 1000}, fault.WrongState)
	list := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: id}).GetTransactions()
	if len(list) != 5 { // paid, released twice, returned, paid out
		t.Errorf("%d ledger transactions of the contract", len(list))
	}
	x.CheckInvariants(t)
}

// What a contract, a call-off, an index price or a claim must not be: a clear code
// on both protocols, and nothing is changed.
func TestWhatAForwardContractRefuses(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	refuse := func(change func(*pb.ProposeContractRequest), want fault.Code) {
		t.Helper()
		in := proposal(t, x)
		change(in)
		wantBoth(t, x.Cooperative, in, want)
	}
	refuse(func(r *pb.ProposeContractRequest) { r.BuyerMemberId = "" }, fault.SideInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.BuyerMemberId = x.Agent.Member }, fault.SideInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.CertificateId = "" }, fault.CertMissing)
	refuse(func(r *pb.ProposeContractRequest) { r.SeasonTo = string(x.Today().Plus(-1)) }, fault.DatesInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.SeasonTo = "2026-13-01" }, fault.DatesInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.Schedule[1].Day = string(x.Today().Plus(seasonDays + 1)) }, fault.ContractInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.Schedule[1].Quantity = 999 }, fault.ContractInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.DepositFen = 100*6200/5 + 1 }, fault.ContractInvalid)
	refuse(func(r *pb.ProposeContractRequest) { r.ToleranceBasisPoints = 5001 }, fault.InvalidArgument)
	if n := len(testkit.Must[*pb.ListContractsResponse](t, x.Auditor, &pb.ListContractsRequest{}).GetContracts()); n != 0 {
		t.Errorf("%d contracts came of it", n)
	}

	open := proposed(t, x, func(r *pb.ProposeContractRequest) { withDeposit(r) }).GetId()
	wantBoth(t, x.Cooperative, &pb.SignContractRequest{Id: open}, fault.OwnCase)
	wantBoth(t, x.Hospital, &pb.SignContractRequest{Id: open}, fault.ResourceNotFound)
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: open, Quantity: 1000}, fault.WrongState)
	testkit.Must[*pb.SignContractResponse](t, x.School, &pb.SignContractRequest{Id: open})
	wantBoth(t, x.School, &pb.SignContractRequest{Id: open}, fault.WrongState)
	wantBoth(t, x.School, &pb.DeclineContractRequest{Id: open, Reason: "late"}, fault.WrongState)
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: open, Quantity: 1000}, fault.WrongState) // its deposit is not there

	id := signed(t, x, nil).GetId()
	offer := contractOf(t, x, id).GetOfferId()
	for in, want := range map[proto.Message]fault.Code{
		&pb.CallOffContractRequest{Id: id, Quantity: 111_000}:                                     fault.ContractExceeded,
		&pb.CallOffContractRequest{Id: id, Quantity: 1500}:                                        fault.QuantityNotMultiple,
		&pb.CallOffContractRequest{Id: id, Quantity: 1000, ConsigneeCode: "610621"}:               fault.IntraProvince,
		&pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000}:                                     fault.OfferReserved,
		&pb.ClaimContractRequest{Id: id, Kind: defaulted, Reason: "before its season"}:            fault.WrongState,
		&pb.ResolveContractClaimRequest{Id: id, Outcome: upheld, Reason: "none"}:                  fault.WrongState,
		&pb.RecordIndexPriceRequest{Id: id, Day: string(x.Today()), PriceFen: 7000, Source: "me"}: fault.RoleMissing,
		&pb.CallOffContractRequest{Id: "61-" + uuid.NewString(), Quantity: 1000}:                  fault.ResourceNotFound,
		&pb.CallOffContractRequest{Id: "x", Quantity: 1000}:                                       fault.IDMalformed,
	} {
		wantBoth(t, x.School, in, want)
	}
	wantBoth(t, x.Hospital, &pb.CallOffContractRequest{Id: id, Quantity: 1000}, fault.ResourceNotFound)
	wantBoth(t, x.Hospital, &pb.PlaceOrderRequest{OfferId: offer, Quantity: 1000}, fault.ResourceNotFound)
	wantBoth(t, x.Cooperative, &pb.CallOffContractRequest{Id: id, Quantity: 1000}, fault.IntraProvince) // and it is no buyer
	wantBoth(t, x.Cooperative, &pb.WithdrawOfferRequest{Id: offer}, fault.OfferReserved)
	wantBoth(t, x.Cooperative, &pb.PauseOfferRequest{Id: offer}, fault.OfferReserved)
	wantBoth(t, x.County, &pb.RecordIndexPriceRequest{Id: id, Day: string(x.Today()), PriceFen: 7000, Source: "s"}, fault.ContractInvalid)

	indexed := signed(t, x, func(r *pb.ProposeContractRequest) { r.Index = "i" }).GetId()
	observe := &pb.RecordIndexPriceRequest{Id: indexed, Day: string(x.Today()), PriceFen: 5000, Source: "s"}
	testkit.Must[*pb.RecordIndexPriceResponse](t, x.County, observe)
	wantBoth(t, x.County, observe, fault.AlreadyExists)
	wantBoth(t, x.OtherCounty, observe, fault.ResourceNotFound)
	wantBoth(t, x.County, &pb.RecordIndexPriceRequest{Id: indexed, Day: string(x.Today().Plus(1)), PriceFen: 5000, Source: "s"}, fault.DatesInvalid)
	if o := callOff(t, x, indexed, 1); o.GetPriceFen() != 6200 {
		t.Errorf("an index below the floor was paid: %v", o)
	}

	held := contractOf(t, x, id)
	if n := len(testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{OfferId: offer}).GetOrders()); n != 0 || held.GetState() != pb.ContractState_CONTRACT_STATE_IN_FORCE {
		t.Errorf("%d orders came of it, and the contract is %v", n, held)
	}
	jobsAfter(t, x, c, seasonDays+1)
	wantBoth(t, x.School, &pb.CallOffContractRequest{Id: id, Quantity: 1000}, fault.WrongState)
	jobsAfter(t, x, c, 31)
	wantBoth(t, x.School, &pb.ClaimContractRequest{Id: id, Kind: defaulted, Reason: "too late"}, fault.WrongState)
	wantContract(t, contractOf(t, x, id), pb.ContractState_CONTRACT_STATE_CLOSED)
	x.CheckInvariants(t)
}

const (
	defaulted    = pb.ClaimKind_CLAIM_KIND_DEFAULT
	forceMajeure = pb.ClaimKind_CLAIM_KIND_FORCE_MAJEURE
	upheld       = pb.ClaimState_CLAIM_STATE_UPHELD
	dismissed    = pb.ClaimState_CLAIM_STATE_DISMISSED
)

// A proposal that is declined, or not signed in its season, is nothing.
func TestAProposalIsDeclinedOrLapses(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	taken, refused, lapsed := proposed(t, x, nil).GetId(), proposed(t, x, nil).GetId(), proposed(t, x, nil).GetId()
	testkit.Must[*pb.DeclineContractResponse](t, x.Cooperative, &pb.DeclineContractRequest{Id: taken, Reason: "typo"})
	testkit.Must[*pb.DeclineContractResponse](t, x.School, &pb.DeclineContractRequest{Id: refused, Reason: "too dear"})
	bySchool := proposal(t, x)
	bySchool.BuyerMemberId, bySchool.SellerMemberId = "", x.Cooperative.Member
	mine := testkit.Must[*pb.ProposeContractResponse](t, x.School, bySchool).GetContract().GetId()
	wantBoth(t, x.School, &pb.SignContractRequest{Id: mine}, fault.OwnCase)
	testkit.Must[*pb.SignContractResponse](t, x.Cooperative, &pb.SignContractRequest{Id: mine})
	wantContract(t, contractOf(t, x, mine), pb.ContractState_CONTRACT_STATE_IN_FORCE)
	jobsAfter(t, x, c, seasonDays+1)
	for _, id := range []string{taken, refused, lapsed} {
		wantContract(t, contractOf(t, x, id), pb.ContractState_CONTRACT_STATE_DECLINED)
	}
	x.CheckInvariants(t)
}

// Force majeure is agreed by the other side or decided by an arbiter, ends what is
// left and gives the deposit and the certificate's capacity back.
func TestForceMajeureEndsWhatIsLeftAndTheDepositGoesBack(t *testing.T) {
	x := testkit.New(t)
	for _, by := range []struct{ claims, resolves *testkit.Person }{
		{x.Cooperative, x.School}, {x.School, x.Cooperative}, {x.Cooperative, x.Operator}, {x.School, x.People["coordination-team"]},
	} {
		contract := signed(t, x, withDeposit)
		id := contract.GetId()
		order := callOff(t, x, id, 20)
		claim := &pb.ClaimContractRequest{Id: id, Kind: forceMajeure, Reason: "hail"}
		testkit.Must[*pb.ClaimContractResponse](t, by.claims, claim)
		wantBoth(t, by.claims, claim, fault.ClaimOpen)
		wantBoth(t, by.claims, &pb.ResolveContractClaimRequest{Id: id, Outcome: upheld, Reason: "x"}, fault.OwnCase)
		wantBoth(t, x.Hospital, &pb.ResolveContractClaimRequest{Id: id, Outcome: upheld, Reason: "x"}, fault.ResourceNotFound)
		ended := testkit.Must[*pb.ResolveContractClaimResponse](t, by.resolves, &pb.ResolveContractClaimRequest{Id: id, Outcome: upheld, Reason: "seen"}).GetContract()
		wantContract(t, ended, pb.ContractState_CONTRACT_STATE_FORCE_MAJEURE)
		if ended.GetDepositPayableTo() != x.School.Member || ended.GetDepositPayableFen() != 100_000 || ended.GetClaim().GetState() != upheld {
			t.Errorf("ended: %v", ended)
		}
		wantBoth(t, x.School, &pb.CallOffContractRequest{Id: id, Quantity: 1000}, fault.WrongState)
		if o := delivered(t, x, order); o.GetPaidAmountFen() != 0 { // what was called off is still delivered
			t.Errorf("the deposit of an ended contract paid an order: %v", o)
		}
		offer := testkit.Must[*pb.GetOfferResponse](t, x.School, &pb.GetOfferRequest{Id: contract.GetOfferId()}).GetOffer()
		if offer.GetState() != pb.OfferState_OFFER_STATE_WITHDRAWN || offer.GetTakenQuantity() != 20_000 {
			t.Errorf("its offer: %v", offer)
		}
	}
	x.CheckInvariants(t)
}

// After the season a buyer's default forfeits the deposit to the seller, and a
// seller's gives it back; a claim that is dismissed leaves it to time.
func TestADefaultAfterTheSeasonDecidesWhoseTheDepositIs(t *testing.T) {
	c := &clock{}
	x := withClock(t, c)
	byBuyer, bySeller, left := signed(t, x, withDeposit).GetId(), signed(t, x, withDeposit).GetId(), signed(t, x, withDeposit).GetId()
	delivered(t, x, callOff(t, x, byBuyer, 10))
	jobsAfter(t, x, c, seasonDays+1)
	for _, id := range []string{byBuyer, bySeller, left} {
		wantContract(t, contractOf(t, x, id), pb.ContractState_CONTRACT_STATE_OVER)
	}
	testkit.Must[*pb.ClaimContractResponse](t, x.Cooperative, &pb.ClaimContractRequest{Id: byBuyer, Kind: defaulted, Reason: "took a tenth"})
	testkit.Must[*pb.ClaimContractResponse](t, x.School, &pb.ClaimContractRequest{Id: bySeller, Kind: defaulted, Reason: "had none"})
	testkit.Must[*pb.ClaimContractResponse](t, x.School, &pb.ClaimContractRequest{Id: left, Kind: defaulted, Reason: "late"})
	wantBoth(t, x.Cooperative, &pb.ResolveContractClaimRequest{Id: left, Outcome: dismissed, Reason: "x"}, fault.OwnCase)
	testkit.Must[*pb.ResolveContractClaimResponse](t, x.School, &pb.ResolveContractClaimRequest{Id: left, Outcome: dismissed, Reason: "a mistake"})
	jobsAfter(t, x, c, 31) // open claims keep their contracts
	wantContract(t, contractOf(t, x, byBuyer), pb.ContractState_CONTRACT_STATE_OVER)
	wantContract(t, contractOf(t, x, left), pb.ContractState_CONTRACT_STATE_CLOSED)

	forfeited := testkit.Must[*pb.ResolveContractClaimResponse](t, x.Operator, &pb.ResolveContractClaimRequest{Id: byBuyer, Outcome: upheld, Reason: "so it is"}).GetContract()
	wantContract(t, forfeited, pb.ContractState_CONTRACT_STATE_BUYER_DEFAULT)
	if forfeited.GetDepositPayableTo() != x.Cooperative.Member || forfeited.GetDepositPayableFen() != 90_000 {
		t.Errorf("forfeited: %v", forfeited)
	}
	returned := testkit.Must[*pb.ResolveContractClaimResponse](t, x.Cooperative, &pb.ResolveContractClaimRequest{Id: bySeller, Outcome: upheld, Reason: "sorry"}).GetContract()
	wantContract(t, returned, pb.ContractState_CONTRACT_STATE_SELLER_DEFAULT)
	if returned.GetDepositPayableTo() != x.School.Member || returned.GetDepositPayableFen() != 100_000 {
		t.Errorf("returned: %v", returned)
	}
	if accountOf(t, x.Cooperative, payableAccount) != -90_000 || accountOf(t, x.School, payableAccount) != -200_000 || accountOf(t, x.School, depositAccount) != 0 {
		t.Error("the accounts do not say whose the deposits are")
	}
	imported(t, x, bankCSV("out", booked{"O1", forfeited.GetPaymentReference(), -90_000}, booked{"O2", returned.GetPaymentReference(), -99_999}))
	if accountOf(t, x.Cooperative, payableAccount) != 0 || accountOf(t, x.School, payableAccount) != -200_000 {
		t.Error("a line that does not fit to the fen was counted, or one that does was not")
	}
	x.CheckInvariants(t)
}
