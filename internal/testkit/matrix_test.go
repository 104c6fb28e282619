package testkit_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// matrixRequests has one request for every unary RPC, about things of Yanchang's
// cooperative and the school in Nanjing. Writes are dry runs, so that no row
// changes another's answer.
func matrixRequests(t *testing.T, x *testkit.Exchange) []proto.Message {
	t.Helper()
	draft := x.Offer(t, testkit.OfferOptions{Draft: true})
	offer := x.Offer(t, testkit.OfferOptions{})
	placed := x.Place(t, x.School, offer, 1).GetId()
	shipped := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 1).GetId()
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: shipped})
	tx := testkit.Must[*pb.ListTransactionsResponse](t, x.School, &pb.ListTransactionsRequest{OrderId: shipped}).GetTransactions()[0]
	sn, js := x.Sample.Alliances[sample.ShaanxiSellers].ID.String(), x.Sample.Alliances[sample.JiangsuBuyers].ID.String()
	grants := testkit.Must[*pb.ListGrantsResponse](t, x.Operator, &pb.ListGrantsRequest{}).GetGrants()
	grant := grants[slices.IndexFunc(grants, func(g *pb.Grant) bool { return g.GetSellerAllianceId() == sn })].GetId()
	agent := x.Sample.Members["M-SN-10"].ID.String()
	mandate := testkit.Must[*pb.CreateMandateResponse](t, x.Cooperative, &pb.CreateMandateRequest{
		ProducerMemberId: x.Cooperative.Member, AgentMemberId: agent,
	}).GetMandate().GetId()
	issuers := testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers()
	issuer := issuers[slices.IndexFunc(issuers, func(i *pb.Issuer) bool { return i.GetAllianceId() == sn })]
	roles := testkit.Must[*pb.ListRolesResponse](t, x.Operator, &pb.ListRolesRequest{PageSize: 100}).GetAssignments()
	role := roles[slices.IndexFunc(roles, func(r *pb.RoleAssignment) bool { return r.GetIssuerId() == issuer.GetId() })].GetId()
	certificate, product := offer.GetCertificateId(), offer.GetProductId()
	submitted := x.Certificate(t, testkit.OfferOptions{State: pb.CertificateState_CERTIFICATE_STATE_SUBMITTED})
	clearing := pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER
	x.Settled(t) // so that the accounts have entries
	x.WaitSealed(t)
	year, month := int32(x.Today().Year()), exchange.MonthOf(x.Today()).ID
	plan := testkit.Must[*pb.FileReservePlanResponse](t, x.Hospital, &pb.FileReservePlanRequest{
		Year: year, Canteen: pb.Canteen_CANTEEN_OWN, BudgetFen: 100, RateBasisPoints: 1000,
	}).GetReservePlan().GetId()
	gov := buyerOf(t, x, "M-JS-04")
	covering := file(t, x, gov, func(in *pb.FileReservePlanRequest) {
		in.Canteen, in.CoveredMemberIds = pb.Canteen_CANTEEN_SHARED, []string{x.School.Member}
	}).GetId()
	target := setTarget(t, x, nil).GetId()
	threshold := testkit.Must[*pb.SetSpendingLimitResponse](t, x.BuyerSecretary, &pb.SetSpendingLimitRequest{MemberId: x.School.Member, ApprovalAboveFen: 4 * 6200})
	limit := testkit.Must[*pb.SetSpendingLimitResponse](t, x.BuyerSecretary, &pb.SetSpendingLimitRequest{
		MemberId: x.School.Member, IssuerId: issuerOf(t, x, x.BuyerAlliance), Subject: "chen.buyer", PerYearFen: 1_000_000,
	}).GetLimit().GetId()
	pending := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 5).GetId()
	testkit.Must[*pb.EndSpendingLimitResponse](t, x.BuyerSecretary, &pb.EndSpendingLimitRequest{Id: threshold.GetLimit().GetId(), Reason: "x"})
	disputed := accepted(t, x, false)
	claim := testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: disputed, Quantity: 1000, Reason: "x"}).GetOrder().GetDisputeId()
	refunding := accepted(t, x, true)
	testkit.Must[*pb.DisputeOrderResponse](t, x.School, &pb.DisputeOrderRequest{Id: refunding, Quantity: 1000, Reason: "x"})
	testkit.Must[*pb.ResolveDisputeResponse](t, x.Operator, &pb.ResolveDisputeRequest{Id: refunding, Outcome: pb.DisputeState_DISPUTE_STATE_FOR_BUYER, Reason: "x"})
	paidIn := accepted(t, x, false)
	imported(t, x, bankCSV("matrix", booked{"part", paidIn, 5}, booked{"came", "x", 7}, booked{"went", "x", -7}))
	bank := linesOf(t, x, &pb.ListBankLinesRequest{})
	cycle := cycleOf(t, x).GetId()
	lot := x.Offer(t, testkit.OfferOptions{Lot: true}).GetLotId()
	blocked := x.Offer(t, testkit.OfferOptions{Lot: true}).GetLotId()
	testkit.Must[*pb.BlockLotResponse](t, x.People["yanan-sampler"], &pb.BlockLotRequest{Id: blocked, Reason: "x"})
	open, inForce := proposed(t, x, nil).GetId(), signed(t, x, func(r *pb.ProposeContractRequest) { r.Index = "i" }).GetId()
	claimed := signed(t, x, nil).GetId()
	testkit.Must[*pb.ClaimContractResponse](t, x.Cooperative, &pb.ClaimContractRequest{Id: claimed, Kind: forceMajeure, Reason: "x"})
	propose := proposal(t, x)
	propose.DryRun, propose.SellerMemberId = true, x.Cooperative.Member
	meant := intended(t, x, propose.GetProductId()).GetId()
	dryIntent := intention(x, propose.GetProductId())
	dryIntent.DryRun, dryIntent.SellerMemberId = true, x.Cooperative.Member
	ofIntent := signed(t, x, nil)
	matchable := intended(t, x, ofIntent.GetProductId()).GetId()
	paying := testkit.Must[*pb.GivePayerConsentResponse](t, x.Hospital, &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 1}).GetConsent().GetId()
	sampled := sampling(x, lot, false)
	sampled.DryRun = true
	demands := slices.Concat(matrixDemands(t, x), matrixGroups(t, x), matrixStandings(t, x), matrixReliefs(t, x))
	return append(demands, []proto.Message{
		&pb.WhoAmIRequest{}, &pb.ListDivisionsRequest{}, &pb.GetDivisionRequest{Code: "610629"}, &pb.ListPairingsRequest{},
		&pb.CreateAllianceRequest{DryRun: true, NameZh: "x", Side: pb.Side_SIDE_BUYER, Home: "32"},
		&pb.GetAllianceRequest{Id: sn}, &pb.ListAlliancesRequest{},
		&pb.AdmitMemberRequest{DryRun: true, AllianceId: js, CreditCode: "93610621MA6Y01036Q", NameZh: "x", Class: pb.MemberClass_MEMBER_CLASS_UNION, DivisionCode: "320115"},
		&pb.GetMemberRequest{Id: x.School.Member}, &pb.ListMembersRequest{},
		&pb.SuspendMemberRequest{DryRun: true, Id: x.School.Member, Reason: "x"}, &pb.ReinstateMemberRequest{DryRun: true, Id: x.School.Member, Reason: "x"},
		&pb.CreateAuthorityRequest{DryRun: true, NameZh: "x", JurisdictionKind: pb.JurisdictionKind_JURISDICTION_KIND_ALL},
		&pb.GetAuthorityRequest{Id: x.Sample.Authorities["operator"].ID.String()}, &pb.ListAuthoritiesRequest{},
		&pb.CreateGrantRequest{DryRun: true, SellerAllianceId: sn, BuyerAllianceId: js}, &pb.GetGrantRequest{Id: grant}, &pb.ListGrantsRequest{},
		&pb.RevokeGrantRequest{DryRun: true, Id: grant, Reason: "x"},
		&pb.CreateMandateRequest{DryRun: true, ProducerMemberId: x.Cooperative.Member, AgentMemberId: agent},
		&pb.GetMandateRequest{Id: mandate}, &pb.ListMandatesRequest{}, &pb.RevokeMandateRequest{DryRun: true, Id: mandate, Reason: "x"},
		&pb.RegisterIssuerRequest{DryRun: true, Url: "https://x.example/" + uuid.NewString(), AllianceId: sn, Jwks: issuer.GetJwks()},
		&pb.GetIssuerRequest{Id: issuer.GetId()}, &pb.ListIssuersRequest{},
		&pb.ReplaceIssuerKeysRequest{DryRun: true, Id: issuer.GetId(), Jwks: issuer.GetJwks()},
		&pb.DisableIssuerRequest{DryRun: true, Id: issuer.GetId(), Reason: "x"},
		&pb.AssignRoleRequest{DryRun: true, IssuerId: issuer.GetId(), Subject: "x", MemberId: x.Cooperative.Member, Role: pb.Role_ROLE_SELLER_MEMBER},
		&pb.ListRolesRequest{}, &pb.RevokeRoleRequest{DryRun: true, Id: role},
		&pb.CreateProductRequest{DryRun: true, NameZh: "x", Category: pb.Category_CATEGORY_TEA, OriginCode: "610621", BaseUnit: pb.BaseUnit_BASE_UNIT_G, SalesUnit: "x", UnitQuantity: 1},
		&pb.GetProductRequest{Id: product}, &pb.ListProductsRequest{},
		&pb.CreateCertificateRequest{DryRun: true, ProductId: product, Scheme: pb.Scheme_SCHEME_CONSUMPTION_AID_2024, Number: uuid.NewString(), AnnualQuantity: 1, AnnualValueFen: 1, ValidFrom: offer.GetSeasonFrom(), ValidTo: offer.GetSeasonTo()},
		&pb.GetCertificateRequest{Id: certificate}, &pb.ListCertificatesRequest{},
		&pb.SubmitCertificateRequest{DryRun: true, Id: certificate}, &pb.ApproveCertificateRequest{DryRun: true, Id: submitted.GetId()},
		&pb.PubliciseCertificateRequest{DryRun: true, Id: certificate}, &pb.EnforceCertificateRequest{DryRun: true, Id: certificate},
		&pb.SuspendCertificateRequest{DryRun: true, Id: certificate, Reason: "x"}, &pb.ReinstateCertificateRequest{DryRun: true, Id: certificate, Reason: "x"},
		&pb.RevokeCertificateRequest{DryRun: true, Id: certificate, Reason: "x"},
		&pb.CreateLotRequest{DryRun: true, ProductId: product, CertificateId: certificate, Code: "x", ProducedOn: offer.GetSeasonFrom(), Quantity: 1},
		&pb.GetLotRequest{Id: lot}, &pb.ListLotsRequest{}, sampled, &pb.ListSamplingsRequest{Id: lot},
		&pb.BlockLotRequest{DryRun: true, Id: lot, Reason: "x"}, &pb.ReleaseLotRequest{DryRun: true, Id: blocked, Reason: "x"},
		&pb.CreateOfferRequest{DryRun: true, ProductId: product, CertificateId: certificate, Quantity: 1000, PriceFen: 1, PriceBasis: offer.GetPriceBasis(), SeasonFrom: offer.GetSeasonFrom(), SeasonTo: offer.GetSeasonTo()},
		&pb.GetOfferRequest{Id: offer.GetId()}, &pb.ListOffersRequest{}, &pb.PublishOfferRequest{DryRun: true, Id: draft.GetId()},
		&pb.PauseOfferRequest{DryRun: true, Id: offer.GetId()}, &pb.ResumeOfferRequest{DryRun: true, Id: offer.GetId()},
		&pb.WithdrawOfferRequest{DryRun: true, Id: offer.GetId()},
		&pb.PlaceOrderRequest{DryRun: true, OfferId: offer.GetId(), Quantity: 1000}, &pb.GetOrderRequest{Id: placed}, &pb.ListOrdersRequest{},
		&pb.BatchPlaceOrdersRequest{Lines: []*pb.PlaceOrderRequest{{DryRun: true, OfferId: offer.GetId(), Quantity: 1000}}},
		&pb.BatchAcceptDeliveriesRequest{Lines: []*pb.AcceptOrderRequest{{DryRun: true, Id: shipped, AcceptedQuantity: 1000}}},
		dryIntent, &pb.GetIntentRequest{Id: meant}, &pb.ListIntentsRequest{}, &pb.WithdrawIntentRequest{DryRun: true, Id: meant, Reason: "x"},
		&pb.MatchIntentRequest{DryRun: true, Id: matchable, ContractId: ofIntent.GetId()},
		&pb.GivePayerConsentRequest{DryRun: true, BuyerMemberId: x.School.Member, LimitFen: 1}, &pb.RevokePayerConsentRequest{DryRun: true, Id: paying},
		&pb.ListPayerConsentsRequest{}, &pb.PayDonationRequest{DryRun: true, Id: placed, BankReference: "x"},
		propose, &pb.GetContractRequest{Id: open}, &pb.ListContractsRequest{}, &pb.SignContractRequest{DryRun: true, Id: open},
		&pb.DeclineContractRequest{DryRun: true, Id: open, Reason: "x"}, &pb.CallOffContractRequest{DryRun: true, Id: inForce, Quantity: 1000},
		&pb.RecordIndexPriceRequest{DryRun: true, Id: inForce, Day: string(x.Today()), PriceFen: 1, Source: "x"}, &pb.ListIndexPricesRequest{Id: inForce},
		&pb.ClaimContractRequest{DryRun: true, Id: inForce, Kind: forceMajeure, Reason: "x"},
		&pb.ResolveContractClaimRequest{DryRun: true, Id: claimed, Outcome: upheld, Reason: "x"},
		&pb.ApproveOrderRequest{DryRun: true, Id: pending}, &pb.DeclineOrderRequest{DryRun: true, Id: pending, Reason: "x"},
		&pb.SetSpendingLimitRequest{DryRun: true, MemberId: x.School.Member, PerOrderFen: 1}, &pb.GetSpendingLimitRequest{Id: limit}, &pb.ListSpendingLimitsRequest{},
		&pb.EndSpendingLimitRequest{DryRun: true, Id: limit, Reason: "x"},
		&pb.ConfirmOrderRequest{DryRun: true, Id: placed}, &pb.ShipOrderRequest{DryRun: true, Id: placed}, &pb.DeliverOrderRequest{DryRun: true, Id: shipped},
		&pb.AcceptOrderRequest{DryRun: true, Id: shipped, AcceptedQuantity: 1000}, &pb.CancelOrderRequest{DryRun: true, Id: placed, Reason: "x"},
		&pb.RecordPaymentRequest{DryRun: true, Id: shipped, AmountFen: 1, BankReference: "x"}, &pb.ListOrderEventsRequest{Id: placed},
		&pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId()}, &pb.ListRulesRequest{Code: "NO_GRANT"},
		&pb.ListDecisionsRequest{PageSize: 2},
		&pb.ListTransactionsRequest{OrderId: shipped}, &pb.GetTransactionRequest{Id: tx.GetId()}, &pb.ListEntriesRequest{OrderId: shipped},
		&pb.GetBalanceRequest{AccountKind: clearing, AccountOwner: x.School.Member}, &pb.GetStatementRequest{AccountKind: clearing, AccountOwner: x.School.Member},
		&pb.QueryVolumesRequest{}, &pb.OpenVolumeRequest{},
		&pb.SetTargetRequest{DryRun: true, UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_PAIRING, Unit: "320585-610124", Year: year, AmountFen: 1},
		&pb.GetTargetRequest{Id: target}, &pb.ListTargetsRequest{}, &pb.GetTargetProgressRequest{},
		&pb.GetReceiptRequest{Id: tx.GetId()}, &pb.GetCheckpointRequest{}, &pb.GetConsistencyRequest{FromSize: firstCheckpoint(t, x)}, &pb.ListSealsRequest{PageSize: 2},
		&pb.FileReservePlanRequest{DryRun: true, Year: year, Canteen: pb.Canteen_CANTEEN_OWN, BudgetFen: 100, RateBasisPoints: 1000},
		&pb.GetReservePlanRequest{Id: plan}, &pb.ListReservePlansRequest{}, &pb.WithdrawReservePlanRequest{DryRun: true, Id: plan, Reason: "x"},
		&pb.GetReserveProgressRequest{Id: plan}, &pb.ListReserveConsentsRequest{},
		&pb.ConsentReservePlanRequest{DryRun: true, Id: covering}, &pb.DeclineReservePlanRequest{DryRun: true, Id: covering, Reason: "x"},
		&pb.DisputeOrderRequest{DryRun: true, Id: accepted(t, x, false), Quantity: 1000, Reason: "x"},
		&pb.ResolveDisputeRequest{DryRun: true, Id: disputed, Outcome: pb.DisputeState_DISPUTE_STATE_SPLIT, RefundFen: 1, Reason: "x"},
		&pb.RecordRefundRequest{DryRun: true, Id: refunding, AmountFen: 1, BankReference: "x"},
		&pb.GetDisputeRequest{Id: claim}, &pb.ListDisputesRequest{},
		&pb.GetPeriodRequest{Id: month}, &pb.ListPeriodsRequest{}, &pb.SoftClosePeriodRequest{DryRun: true, Id: month},
		&pb.ReopenPeriodRequest{DryRun: true, Id: month, Reason: "x"}, &pb.ClosePeriodRequest{DryRun: true, Id: month},
		dryImport(), &pb.ListBankStatementsRequest{}, &pb.ListBankLinesRequest{},
		&pb.OpenSettlementCycleRequest{DryRun: true, SellerAllianceId: sn, BuyerAllianceId: js, From: "2020-01-01", To: "2020-01-31"},
		&pb.GetSettlementCycleRequest{Id: cycle}, &pb.ListSettlementCyclesRequest{}, &pb.MatchSettlementCycleRequest{DryRun: true, Id: cycle},
		&pb.AdjustSettlementCycleRequest{DryRun: true, Id: cycle, Reason: "x"}, &pb.InstructSettlementCycleRequest{DryRun: true, Id: cycle},
		&pb.GetMemberStatementRequest{CycleId: cycle, MemberId: x.School.Member}, &pb.GetAgeingRequest{},
		&pb.AttachInvoiceRequest{DryRun: true, Id: paidIn, Number: "1", AmountFen: 1}, &pb.ListInvoicesRequest{OrderId: paidIn},
		&pb.MatchBankLineRequest{DryRun: true, Id: bank["part"].GetId()},
		&pb.ReturnBankLineRequest{DryRun: true, Id: bank["came"].GetId(), ById: bank["went"].GetId(), Reason: "x"},
		&pb.RunReportRequest{Report: pb.Report_REPORT_COUNTY_PRODUCTS}, &pb.ExportOCDSRequest{OcidPrefix: "ocds-213czf"},
		&pb.CreateSubmissionRequest{DryRun: true, Id: month}, &pb.GetSubmissionRequest{Id: month}, &pb.ListSubmissionsRequest{},
		&pb.DownloadSubmissionRequest{Id: month}, &pb.VerifySubmissionRequest{Id: month},
	}...)
}

// firstCheckpoint is the size of the log's first checkpoint.
func firstCheckpoint(t *testing.T, x *testkit.Exchange) int64 {
	t.Helper()
	list, err := x.Store.Checkpoints(t.Context(), 0, 1<<40, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d checkpoints, %v", len(list), err)
	}
	return list[0].Size
}

// TestEveryRPCAnswersEveryRoleAsTheGoldenMatrixSays asks every RPC as every
// persona. UPDATE_GOLDEN=1 rewrites the matrix; its difference is to be read.
func TestEveryRPCAnswersEveryRoleAsTheGoldenMatrixSays(t *testing.T) {
	x := testkit.New(t, swift)
	asked := map[string]bool{}
	var b strings.Builder
	for _, in := range matrixRequests(t, x) {
		name := strings.TrimSuffix(string(in.ProtoReflect().Descriptor().Name()), "Request")
		asked[name] = true
		byAnswer := map[string][]string{}
		for _, p := range sample.Personas() {
			out, err := testkit.Ask(t.Context(), x.People[p.Name], in)
			answer := string(testkit.CodeOf(err))
			if err == nil && (strings.HasPrefix(name, "List") || name == "QueryVolumes" || name == "RunReport") {
				answer = fmt.Sprintf("OK, %d rows", rowsOf(out))
			}
			if batch, ok := out.(interface{ GetResults() []*pb.OrderResult }); ok && err == nil {
				answer = "a line of it: " + string(codesOf(t, batch.GetResults())[0])
			}
			byAnswer[answer] = append(byAnswer[answer], p.Name)
		}
		fmt.Fprintf(&b, "%s\n", name)
		for _, answer := range slices.Sorted(mapKeys(byAnswer)) {
			fmt.Fprintf(&b, "    %s: %s\n", answer, strings.Join(byAnswer[answer], " "))
		}
	}
	for _, w := range []watched{watchedOffers(t, x), watchedOrders(t, x), watchedDemands(t, x), watchedRuns(t, x), watchedReliefs(t, x)} {
		asked[w.name] = true
		fmt.Fprintf(&b, "%s\n", w.name)
		byAnswer := w.ask(t, x)
		for _, answer := range slices.Sorted(mapKeys(byAnswer)) {
			fmt.Fprintf(&b, "    %s: %s\n", answer, strings.Join(byAnswer[answer], " "))
		}
	}
	for _, m := range testkit.Methods() {
		if !asked[string(m.Name())] {
			t.Errorf("the matrix does not ask %s", m.Name())
		}
	}
	const golden = "testdata/matrix.txt"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(b.String(), "\n"); b.String() != string(want) {
		for i, line := range strings.Split(string(want), "\n") {
			if i >= len(got) || got[i] != line {
				t.Fatalf("line %d is\n%s\nwant\n%s", i+1, got[min(i, len(got)-1)], line)
			}
		}
		t.Fatal("there are more lines than in the matrix")
	}
}

func dryImport() proto.Message {
	in := bankCSV("dry", booked{"dry", "x", 1})
	in.DryRun = true
	return in
}
