package testkit_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
	"github.com/sushaan/exchange/internal/testkit"
)

// explain asks over gRPC and over HTTP and wants the same answer of both.
func explain(t *testing.T, p *testkit.Person, in *pb.ExplainRequest) *pb.ExplainResponse {
	t.Helper()
	out := testkit.Must[*pb.ExplainResponse](t, p, in)
	a, err := p.CallHTTP(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var web pb.ExplainResponse
	if err := testkit.FromJSON(a.Body, &web); err != nil {
		t.Fatalf("%s: %s: %v", p.Name, a.Body, err)
	}
	if !proto.Equal(out, &web) {
		t.Errorf("%s: over gRPC %v, over HTTP %v", in.GetAction(), out, &web)
	}
	return out
}

func deniedFor(out *pb.ExplainResponse) []string {
	var codes []string
	for _, d := range out.GetDenials() {
		codes = append(codes, d.GetCode())
	}
	return codes
}

func at(day string) *timestamppb.Timestamp {
	return timestamppb.New(exchange.Day(day).Start().Add(12 * time.Hour))
}

// set moves a clock to the noon of a day; it goes on from there.
func (c *clock) set(day string) {
	c.ahead.Store(int64(time.Until(exchange.Day(day).Start().Add(12 * time.Hour))))
}

func (c *clock) into(config *server.Config) { config.Now = c.Now }

// questions has one question about every action, asked by somebody who may do
// it. The clock's own actions nobody may do.
func questions(t *testing.T, x *testkit.Exchange) map[*pb.ExplainRequest]*testkit.Person {
	t.Helper()
	draft, offer := x.Offer(t, testkit.OfferOptions{Draft: true}), x.Offer(t, testkit.OfferOptions{})
	order := x.Place(t, x.School, offer, 1).GetId()
	sn, js := x.Sample.Alliances[sample.ShaanxiSellers].ID.String(), x.Sample.Alliances[sample.JiangsuBuyers].ID.String()
	agent := x.Sample.Members["M-SN-10"].ID.String()
	mandate := testkit.Must[*pb.CreateMandateResponse](t, x.Cooperative, &pb.CreateMandateRequest{
		ProducerMemberId: x.Cooperative.Member, AgentMemberId: agent,
	}).GetMandate().GetId()
	grants := testkit.Must[*pb.ListGrantsResponse](t, x.Operator, &pb.ListGrantsRequest{}).GetGrants()
	grant := grants[slices.IndexFunc(grants, func(g *pb.Grant) bool { return g.GetSellerAllianceId() == sn })].GetId()
	issuers := testkit.Must[*pb.ListIssuersResponse](t, x.Operator, &pb.ListIssuersRequest{PageSize: 100}).GetIssuers()
	issuer := issuers[slices.IndexFunc(issuers, func(i *pb.Issuer) bool { return i.GetAllianceId() == sn })].GetId()
	roles := testkit.Must[*pb.ListRolesResponse](t, x.Operator, &pb.ListRolesRequest{PageSize: 100}).GetAssignments()
	role := roles[slices.IndexFunc(roles, func(r *pb.RoleAssignment) bool { return r.GetIssuerId() == issuer })].GetId()
	certificate := offer.GetCertificateId()
	all := map[*pb.ExplainRequest]*testkit.Person{
		{Action: "alliance.create"}: x.Operator, {Action: "authority.create"}: x.Operator,
		{Action: "member.admit", AllianceId: js}:                                                                       x.BuyerSecretary,
		{Action: "grant.create", SellerAllianceId: sn, BuyerAllianceId: js}:                                            x.Secretary,
		{Action: "grant.revoke", GrantId: grant}:                                                                       x.Secretary,
		{Action: "mandate.create", ProducerMemberId: x.Cooperative.Member, AgentMemberId: agent}:                       x.Cooperative,
		{Action: "mandate.revoke", MandateId: mandate}:                                                                 x.Cooperative,
		{Action: "issuer.register", AllianceId: sn}:                                                                    x.Secretary,
		{Action: "issuer.register", AuthorityId: x.Sample.Authorities["operator"].ID.String()}:                         x.Operator,
		{Action: "role.assign", IssuerId: issuer, MemberId: x.Cooperative.Member}:                                      x.Secretary,
		{Action: "role.revoke", RoleAssignmentId: role}:                                                                x.Secretary,
		{Action: "product.create"}:                                                                                     x.Cooperative,
		{Action: "certificate.create", ProductId: offer.GetProductId(), Scheme: pb.Scheme_SCHEME_CONSUMPTION_AID_2024}: x.Cooperative,
		{Action: "certificate.submit", CertificateId: certificate}:                                                     x.Cooperative,
		{Action: "offer.create", ProductId: offer.GetProductId(), CertificateId: certificate}:                          x.Cooperative,
		{Action: "offer.publish", OfferId: draft.GetId()}:                                                              x.Cooperative,
		{Action: "order.place", OfferId: offer.GetId()}:                                                                x.School,
		{Action: "ledger.balance"}:                                                                                     x.School,
		{Action: "ledger.audit"}:                                                                                       x.Auditor,
		{Action: "limit.set", MemberId: x.School.Member}:                                                               x.BuyerSecretary,
		{Action: "target.set"}:                                                                                         x.People["reform-commission"],
		{Action: "ledger.balance", AccountOwner: "exchange"}:                                                           x.Auditor,
		{Action: "ledger.balance", AccountOwner: x.School.Member}:                                                      x.BuyerSecretary,
	}
	for _, step := range []string{"suspend", "reinstate"} {
		all[&pb.ExplainRequest{Action: "member." + step, MemberId: x.School.Member}] = x.BuyerSecretary
	}
	for _, step := range []string{"replace_keys", "disable"} {
		all[&pb.ExplainRequest{Action: "issuer." + step, IssuerId: issuer}] = x.Secretary
	}
	for _, step := range []string{"approve", "publicise", "enforce", "suspend", "reinstate", "revoke"} {
		all[&pb.ExplainRequest{Action: "certificate." + step, CertificateId: certificate}] = x.County
	}
	all[&pb.ExplainRequest{Action: "lot.create", ProductId: offer.GetProductId()}] = x.Cooperative
	lot := x.Offer(t, testkit.OfferOptions{Lot: true}).GetLotId()
	for _, step := range []string{"sample", "block", "release"} {
		all[&pb.ExplainRequest{Action: "lot." + step, LotId: lot}] = x.People["yanan-sampler"]
	}
	open, claimed := proposed(t, x, nil), signed(t, x, nil).GetId()
	testkit.Must[*pb.ClaimContractResponse](t, x.Cooperative, &pb.ClaimContractRequest{Id: claimed, Kind: forceMajeure, Reason: "x"})
	all[&pb.ExplainRequest{Action: "contract.propose", MemberId: x.School.Member, ProductId: open.GetProductId(), CertificateId: open.GetCertificateId()}] = x.Cooperative
	all[&pb.ExplainRequest{Action: "contract.propose", MemberId: x.Cooperative.Member, ProductId: open.GetProductId(), CertificateId: open.GetCertificateId()}] = x.School
	for _, step := range []string{"sign", "decline", "claim"} {
		all[&pb.ExplainRequest{Action: "contract." + step, ContractId: open.GetId()}] = x.School
	}
	meant := intended(t, x, open.GetProductId()).GetId()
	all[&pb.ExplainRequest{Action: "intent.record", MemberId: x.School.Member, ProductId: open.GetProductId()}] = x.Cooperative
	for _, step := range []string{"match", "withdraw"} {
		all[&pb.ExplainRequest{Action: "intent." + step, IntentId: meant}] = x.School
	}
	all[&pb.ExplainRequest{Action: "contract.resolve", ContractId: claimed}] = x.School
	all[&pb.ExplainRequest{Action: "contract.observe", ContractId: claimed}] = x.County
	d := post(t, x, &clock{}, 3)
	quote := supplier{x.Cooperative, x.Certificate(t, testkit.OfferOptions{AnnualUnits: 9})}.quotes(t, d.Demand, 2, 6200)
	all[&pb.ExplainRequest{Action: "demand.post"}] = x.School
	gathering := gather(t, x.School, &clock{}, offer, 5)
	all[&pb.ExplainRequest{Action: "group.open", OfferId: offer.GetId()}] = x.School
	for _, step := range []string{"join", "leave", "cancel"} {
		all[&pb.ExplainRequest{Action: "group." + step, GroupId: gathering.GetId()}] = x.School
	}
	all[&pb.ExplainRequest{Action: "standing.set", OfferId: offer.GetId()}] = x.School
	again := stands(t, x, x.School, offer, func(in *pb.SetStandingOrderRequest) { in.FirstRun = string(x.Today().Plus(9)) }) // it orders nothing meanwhile
	for _, step := range []string{"amend", "pause", "resume", "cancel"} {
		all[&pb.ExplainRequest{Action: "standing." + step, StandingOrderId: again.GetId()}] = x.School
	}
	before, _, r := declared(t, x)
	all[&pb.ExplainRequest{Action: "relief.declare", OfferId: againOffered(t, x, x.Cooperative, before, 5000).GetId(), BeforeOfferId: before.GetId(), DaysOfStock: 40, Until: string(x.Today().Plus(19))}] = x.Cooperative
	for _, step := range []string{"amend", "withdraw"} {
		all[&pb.ExplainRequest{Action: "relief." + step, ReliefId: r.GetId()}] = x.Cooperative
	}
	for _, step := range []string{"amend", "cancel", "award"} {
		all[&pb.ExplainRequest{Action: "demand." + step, DemandId: d.GetId()}] = x.School
	}
	all[&pb.ExplainRequest{Action: "quote.seal", DemandId: d.GetId(), ProductId: offer.GetProductId(), CertificateId: certificate}] = x.Cooperative
	all[&pb.ExplainRequest{Action: "quote.withdraw", QuoteId: quote.GetId()}] = x.Cooperative
	for _, step := range []string{"resume", "pause", "withdraw"} {
		all[&pb.ExplainRequest{Action: "offer." + step, OfferId: offer.GetId()}] = x.Cooperative
	}
	for _, step := range []string{"confirm", "ship"} {
		all[&pb.ExplainRequest{Action: "order." + step, OrderId: order}] = x.Cooperative
	}
	paying := testkit.Must[*pb.GivePayerConsentResponse](t, x.Hospital, &pb.GivePayerConsentRequest{BuyerMemberId: x.School.Member, LimitFen: 1}).GetConsent().GetId()
	all[&pb.ExplainRequest{Action: "payer.consent", MemberId: x.Hospital.Member}] = x.School
	all[&pb.ExplainRequest{Action: "payer.revoke", PayerConsentId: paying}] = x.Hospital
	for _, step := range []string{"deliver", "accept", "cancel", "pay", "donate"} {
		all[&pb.ExplainRequest{Action: "order." + step, OrderId: order}] = x.School
	}
	return all
}

// Every action can be asked about, and asking leaves no trace in the database.
func TestAskingAboutAnActionHasNoSideEffect(t *testing.T) {
	x := testkit.New(t)
	all := questions(t, x)
	x.WaitSealed(t) // sealing adds rows by itself
	before := x.Rows(t)
	for in, who := range all {
		if out := explain(t, who, in); !out.GetAllow() {
			t.Errorf("%s is denied to %s: %v", in.GetAction(), who.Name, out.GetDenials())
		}
	}
	for _, in := range []*pb.ExplainRequest{{Action: "order.steal"}, {Action: "nonsense"}} {
		if got := deniedFor(explain(t, x.School, in)); !slices.Equal(got, []string{string(fault.PolicyUndefined)}) {
			t.Errorf("%s: %v", in.GetAction(), got)
		}
	}
	for table, rows := range x.Rows(t) {
		if rows != before[table] {
			t.Errorf("%s has %d rows, had %d", table, rows, before[table])
		}
	}
	x.CheckInvariants(t)
}

// What the caller may not see may not be asked about either.
func TestAskingAboutWhatOneMayNotSeeIsDenied(t *testing.T) {
	x := testkit.New(t)
	seen := map[string]bool{}
	for in, who := range questions(t, x) {
		if in.GetOrderId() != "" {
			wantBoth(t, x.Hospital, in, fault.ResourceNotFound)
			seen["order"] = true
		}
		if in.GetIntentId() != "" {
			wantBoth(t, x.Hospital, in, fault.ResourceNotFound)
			seen["intent"] = true
		}
		if in.GetContractId() != "" {
			wantBoth(t, x.Hospital, in, fault.ResourceNotFound)
			seen["contract"] = true
		}
		if in.GetLotId() != "" {
			wantBoth(t, x.OtherCounty, in, fault.ResourceNotFound)
			seen["lot"] = true
		}
		if in.GetOfferId() != "" && in.GetAction() != "order.place" {
			wantBoth(t, x.OtherCounty, in, fault.ResourceNotFound)
			seen["offer"] = true
		}
		if in.GetAction() == "mandate.revoke" || in.GetIssuerId() != "" || in.GetRoleAssignmentId() != "" {
			wantBoth(t, x.School, in, fault.ResourceNotFound)
			seen[in.GetAction()] = true
		}
		if who == x.Cooperative && in.GetAction() == "offer.publish" {
			wantBoth(t, x.School, in, fault.ResourceNotFound) // a draft
			seen["draft"] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %v was asked", seen)
	}
	for _, in := range []*pb.ExplainRequest{
		{Action: "order.place"}, {Action: "order.pay"}, {Action: "offer.pause"}, {Action: "certificate.revoke"},
		{Action: "member.suspend"}, {Action: "grant.revoke"}, {Action: "order.place", OfferId: "61-x"},
	} {
		wantBoth(t, x.School, in, fault.IDMalformed)
	}
	wantBoth(t, x.School.With(""), &pb.ExplainRequest{Action: "order.place"}, fault.TokenMissing)
}

// An explanation gives every denial with its text, the rules that decided, and
// if asked, the evaluation, which shows no value of the facts.
func TestAnExplanationTellsTheRulesThatDecidedAndHow(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{ValidTo: string(x.Today().Plus(3))})
	ask := &pb.ExplainRequest{
		Action: "order.place", OfferId: offer.GetId(), Reserve: true, DeliverBy: string(x.Today().Plus(4)), Trace: true,
		ConsigneeCode: "610102",
	}
	retail := x.People["jiangsu-military-buyer"]
	out := explain(t, retail, ask)
	want := []string{"CERT_EXPIRES_BEFORE_DELIVERY", "CLASS_NOT_ALLOWED", "INTRA_PROVINCE"}
	if got := deniedFor(out); !slices.Equal(got, want) || out.GetAllow() {
		t.Fatalf("denied for %v, want %v", got, want)
	}
	told := map[string]*pb.Rule{}
	for _, r := range out.GetRules() {
		told[r.GetCode()] = r
	}
	for code, title := range map[string]string{
		"CERT_EXPIRES_BEFORE_DELIVERY": "The certificate holds until the promised delivery", "CLASS_NOT_ALLOWED": "A reserve is a budget unit's",
		"INTRA_PROVINCE": "Trade within one province is not this exchange's, unless data says so",
	} {
		r := told[code]
		if r.GetTitle() != title || r.GetSource() == "" || r.GetLine() == 0 || !strings.HasSuffix(r.GetFile(), ".rego") {
			t.Errorf("%s was decided by %v, want %q", code, r, title)
		}
	}
	if len(out.GetRules()) != len(want) {
		t.Errorf("%d rules decided, want %d: %v", len(out.GetRules()), len(want), out.GetRules())
	}
	if !strings.Contains(out.GetTrace(), "order/order.rego:") || strings.Contains(out.GetTrace(), offer.GetCertificateId()) ||
		strings.Contains(out.GetTrace(), retail.Member) || len(out.GetTrace()) > 1<<20 {
		t.Errorf("a trace of %d bytes: %.2000s", len(out.GetTrace()), out.GetTrace())
	}
	a, err := retail.HTTP(t.Context(), http.MethodPost, "/v1/policy:explain",
		`{"action": "order.place", "offerId": "`+offer.GetId()+`", "consigneeCode": "610102"}`, http.Header{"Accept-Language": {"zh-CN"}})
	if err != nil || !strings.Contains(string(a.Body), "卖方与收货方同在 61 省内") {
		t.Errorf("in Chinese: %v %s", err, a.Body)
	}
	var plain pb.ExplainResponse
	if err := testkit.FromJSON(a.Body, &plain); err != nil || plain.GetTrace() != "" {
		t.Errorf("a trace that nobody asked for: %v %s", err, plain.GetTrace())
	}
}

// Who only asks makes no order wait: none of what is read for an answer is locked.
func TestAskingLocksNothing(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	var heard *testkit.RoundTrips
	y := x.Second(t, func(c *server.Config) {
		heard = testkit.CountRoundTrips(t, c.DatabaseURL)
		c.DatabaseURL = heard.URL
		c.SealInterval, c.JobPoll, c.IdentityTime = time.Hour, time.Hour, time.Hour
	})
	waitQuiet(t, heard)
	heard.Bound()
	for action, who := range map[string]*testkit.Person{"order.place": y.School, "offer.pause": y.Cooperative} {
		testkit.Must[*pb.ExplainResponse](t, who, &pb.ExplainRequest{Action: action, OfferId: offer.GetId()})
	}
	read := 0
	for _, s := range heard.Bound() {
		if strings.Contains(s.SQL, "FOR UPDATE") || strings.Contains(s.SQL, "FOR SHARE") {
			t.Errorf("it is locked: %s", s.SQL)
		}
		if strings.Contains(s.SQL, "FROM offers") {
			read++
		}
	}
	if read == 0 {
		t.Error("no offer was read")
	}
}

// Who only asks does not wait for an order either, where the database reads past
// locks: CockroachDB lets a serializable read wait for a row that is locked.
func TestAskingDoesNotWaitForAnOrderOnPostgreSQL(t *testing.T) {
	if testkit.Engine(t) != localdb.PostgreSQL {
		t.Skip("CockroachDB's serializable reads wait for locked rows")
	}
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	id, err := exchange.ParseID("id", offer.GetId())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = x.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LockOffer(ctx, id); err != nil {
			return err
		}
		for action, who := range map[string]*testkit.Person{"order.place": x.School, "offer.pause": x.Cooperative} {
			bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
			_, err := testkit.Call[*pb.ExplainResponse](bounded, who, &pb.ExplainRequest{Action: action, OfferId: offer.GetId()})
			cancel()
			if err != nil {
				t.Errorf("%s waits for a locked offer: %v", action, err)
			}
		}
		return store.ErrRollback
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The same trade is answered by the rules and the facts of the day that is asked
// about: under the scheme of 2020 it fills a reserve in 2020 and not in 2024,
// whenever the question is put, and the orders of those days say the same.
func TestTheSameTradeIsAnsweredByTheRulesOfItsOwnDay(t *testing.T) {
	var c clock
	c.set("2024-04-01") // the sample's certificates are of a scheme of 2022
	x := testkit.New(t, c.into)
	c.set("2020-06-01")
	testkit.Must[*pb.CreateGrantResponse](t, x.Secretary, &pb.CreateGrantRequest{
		SellerAllianceId: x.Sample.Alliances[sample.ShaanxiSellers].ID.String(), BuyerAllianceId: x.BuyerAlliance,
	})
	offer := x.Offer(t, testkit.OfferOptions{Scheme: pb.Scheme_SCHEME_POVERTY_PRODUCT_2020, ValidTo: "2024-12-31", SeasonTo: "2024-12-31"})
	place := func() *pb.Order {
		return testkit.Must[*pb.PlaceOrderResponse](t, x.School, &pb.PlaceOrderRequest{
			RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000,
		}).GetOrder()
	}
	ask := func(day string) *pb.ExplainResponse {
		t.Helper()
		return explain(t, x.School, &pb.ExplainRequest{Action: "order.place", OfferId: offer.GetId(), At: at(day)})
	}
	check := func() {
		t.Helper()
		for day, counts := range map[string]bool{"2020-06-01": true, "2024-05-01": false} {
			out := ask(day)
			if !out.GetAllow() || out.GetObligations().GetCountsToReserve() != counts || !out.GetObligations().GetCollaboration() {
				t.Errorf("on %s: %v", day, out)
			}
			if out.GetDay() != day {
				t.Errorf("the rules of %s answered for %s", out.GetDay(), day)
			}
		}
	}
	if o := place(); !o.GetObligations().GetCountsToReserve() {
		t.Errorf("the order of 2020: %v", o.GetObligations())
	}
	check()
	c.set("2024-05-01")
	if o := place(); o.GetObligations().GetCountsToReserve() {
		t.Errorf("the order of 2024: %v", o.GetObligations())
	}
	check()
	// After the certificate's last day, and before anything was certified.
	if got := deniedFor(ask("2025-01-01")); !slices.Contains(got, "CERT_NOT_IN_FORCE") {
		t.Errorf("in 2025: %v", got)
	}
	if got := deniedFor(ask("2020-05-30")); !slices.Contains(got, "CERT_NOT_IN_FORCE") || !slices.Contains(got, "NO_GRANT") {
		t.Errorf("before the certificate and the grant: %v", got)
	}
	x.CheckInvariants(t)
}

// What has stopped since then still held then.
func TestAPastTimeIsAnsweredByTheFactsOfThatTime(t *testing.T) {
	var c clock
	c.set("2024-03-01")
	x := testkit.New(t, c.into)
	offer := x.Offer(t, testkit.OfferOptions{})
	c.set("2024-04-01")
	testkit.Must[*pb.SuspendCertificateResponse](t, x.County, &pb.SuspendCertificateRequest{Id: offer.GetCertificateId(), Reason: "x"})
	sn := x.Sample.Alliances[sample.ShaanxiSellers].ID.String()
	other := x.Offer(t, testkit.OfferOptions{})
	before := c.Now()
	for _, g := range testkit.Must[*pb.ListGrantsResponse](t, x.Secretary, &pb.ListGrantsRequest{}).GetGrants() {
		if g.GetSellerAllianceId() == sn {
			testkit.Must[*pb.RevokeGrantResponse](t, x.Secretary, &pb.RevokeGrantRequest{Id: g.GetId(), Reason: "x"})
		}
	}
	testkit.Must[*pb.SuspendMemberResponse](t, x.BuyerSecretary, &pb.SuspendMemberRequest{Id: x.School.Member, Reason: "x"})
	c.set("2024-05-01")
	resume := &pb.ExplainRequest{Action: "offer.resume", OfferId: offer.GetId()}
	if got := deniedFor(explain(t, x.Cooperative, resume)); !slices.Equal(got, []string{"CERT_NOT_IN_FORCE"}) {
		t.Errorf("resuming now: %v", got)
	}
	resume.At = at("2024-03-02")
	if out := explain(t, x.Cooperative, resume); !out.GetAllow() {
		t.Errorf("resuming while the certificate was in force: %v", out.GetDenials())
	}
	place := &pb.ExplainRequest{Action: "order.place", OfferId: other.GetId()}
	if got := deniedFor(explain(t, x.School, place)); !slices.Equal(got, []string{"MEMBER_SUSPENDED", "NO_GRANT"}) {
		t.Errorf("placing now: %v", got)
	}
	place.At = timestamppb.New(before)
	if out := explain(t, x.School, place); !out.GetAllow() {
		t.Errorf("placing while the member was active and the grant held: %v", out.GetDenials())
	}
	place.At = at("2024-03-31")
	if got := deniedFor(explain(t, x.School, place)); !slices.Equal(got, []string{"CERT_NOT_IN_FORCE"}) {
		t.Errorf("placing before the certificate's first day: %v", got)
	}
}
