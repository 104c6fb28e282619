package testkit_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/testkit"
)

// volumesAsked asks over gRPC and over HTTP, which say the same.
func volumesAsked(t *testing.T, p *testkit.Person, in *pb.QueryVolumesRequest) *pb.QueryVolumesResponse {
	t.Helper()
	out := testkit.Must[*pb.QueryVolumesResponse](t, p, in)
	a, err := p.CallHTTP(t.Context(), in)
	if err != nil || a.Code() != "OK" {
		t.Fatalf("%v %s", err, a.Body)
	}
	var web pb.QueryVolumesResponse
	if err := testkit.FromJSON(a.Body, &web); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(figuresOf(web.GetVolumes()), figuresOf(out.GetVolumes())) {
		t.Errorf("over HTTP %v, over gRPC %v", web.GetVolumes(), out.GetVolumes())
	}
	return out
}

// figure is a cell that can be compared.
type figure struct {
	key     string
	measure pb.Measure
	fen     int64
}

func figuresOf(volumes []*pb.Volume) []figure {
	var out []figure
	for _, v := range volumes {
		var keys []string
		for _, d := range slices.Sorted(maps.Keys(v.GetKeys())) {
			keys = append(keys, v.GetKeys()[d])
		}
		out = append(out, figure{strings.Join(keys, " "), v.GetMeasure(), v.GetAmountFen()})
	}
	return out
}

const measureAccepted = pb.Measure_MEASURE_ACCEPTED

// Any figure can be opened down to the entries behind it, and each proved by
// its receipt to somebody who has only the file and the key.
func TestAFigureOpensDownToItsOrdersEntriesAndReceipts(t *testing.T) {
	x := testkit.New(t, swift)
	orders := map[string]bool{}
	for range 3 {
		orders[x.Settled(t).GetId()] = true
	}
	x.WaitSealed(t)
	by := &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_PAIRING, pb.Dimension_DIMENSION_CERTIFIED}}
	for _, v := range volumesAsked(t, x.Auditor, by).GetVolumes() {
		in := &pb.OpenVolumeRequest{Cell: v.GetKeys(), Measure: v.GetMeasure(), PageSize: 2}
		sum, counted := int64(0), map[string]bool{}
		for pages := 0; ; pages++ {
			page := testkit.Must[*pb.OpenVolumeResponse](t, x.Auditor, in)
			if got := page.GetTotals(); len(got) != 1 || got[0].GetAmountFen() != v.GetAmountFen() || got[0].GetOrders() != v.GetOrders() {
				t.Fatalf("%v opens to %v", v, got)
			}
			for _, e := range page.GetEntries() {
				sum += e.GetEntry().GetMeasureFen()
				if e.GetCountsOrder() {
					counted[e.GetEntry().GetOrderId()] = true
				}
				wantReceipt(t, x, e)
			}
			if in.PageToken = page.GetNextPageToken(); in.PageToken == "" {
				break
			}
			if pages > 50 {
				t.Fatal("no end of pages")
			}
		}
		if sum != v.GetAmountFen() || !maps.Equal(counted, orders) {
			t.Errorf("%v opens to %d fen of %v", v, sum, counted)
		}
	}
}

func TestAnUnknownGroupByIsRefusedByName(t *testing.T) {
	x := testkit.New(t)
	a, err := x.Auditor.HTTP(t.Context(), "GET", "/v1/reports/volumes?group_by=DIMENSION_WEEK", "", nil)
	if err != nil || a.Status != 400 || a.Code() != fault.InvalidArgument || !strings.Contains(string(a.Body), "DIMENSION_WEEK") {
		t.Errorf("%d %s %v", a.Status, a.Body, err)
	}
}

func wantReceipt(t *testing.T, x *testkit.Exchange, e *pb.VolumeEntry) {
	t.Helper()
	got := testkit.Must[*pb.GetReceiptResponse](t, x.Auditor, &pb.GetReceiptRequest{Id: e.GetEntry().GetTransactionId()}).GetReceipt()
	r := proof.Receipt{
		Format: got.GetFormat(), TransactionID: got.GetTransactionId(), Position: got.GetPosition(), Leaf: got.GetLeaf(),
		Checkpoint: got.GetCheckpoint(),
	}
	for _, hash := range got.GetProof() {
		r.Proof = append(r.Proof, hash)
	}
	leaf, _, err := r.Verify(x.VerifierKey(t))
	if err != nil || e.Position == nil || leaf.Position != e.GetPosition() || leaf.OrderID != e.GetEntry().GetOrderId() {
		t.Errorf("receipt %+v of %v: %v", leaf, e, err)
	}
}

// A figure as of a position of the log is the same whatever comes later, and
// says on what it rests.
func TestAFigureAsOfAPositionStaysAndExplainsItself(t *testing.T) {
	x := testkit.New(t, swift)
	x.Settled(t)
	x.WaitSealed(t)
	at := testkit.Must[*pb.GetCheckpointResponse](t, x.Auditor, &pb.GetCheckpointRequest{})
	in := &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_SELLER_CITY}, AsOfPosition: at.GetSize(), Explain: true}
	then := volumesAsked(t, x.Auditor, in)
	x.Settled(t)
	x.WaitSealed(t)
	now := volumesAsked(t, x.Auditor, in)
	if !slices.Equal(figuresOf(now.GetVolumes()), figuresOf(then.GetVolumes())) || len(then.GetVolumes()) != 3 {
		t.Errorf("as of %d: %v, later %v", at.GetSize(), then.GetVolumes(), now.GetVolumes())
	}
	if now.GetAsOf().AsTime().After(at.GetTime().AsTime()) {
		t.Errorf("position %d is as of %v, its checkpoint is of %v", at.GetSize(), now.GetAsOf().AsTime(), at.GetTime().AsTime())
	}
	e := now.GetExplanation()
	if e.GetPosition() != at.GetSize() || e.GetCheckpoint() != at.GetCheckpoint() || !e.GetComplete() || e.GetPolicyRevision() == "" || e.GetCodesOf() == "" {
		t.Errorf("explained as %v", e)
	}
	if n := slices.IndexFunc(e.GetTerms(), func(term *pb.Term) bool {
		return term.GetName() == "seller_city" && term.GetTextZh() != "" && term.GetTextEn() != ""
	}); n < 0 {
		t.Errorf("terms %v", e.GetTerms())
	}
	in.AsOfPosition = 0
	latest := volumesAsked(t, x.Auditor, in)
	if got := latest.GetTotals()[0].GetAmountFen(); got != 2*then.GetTotals()[0].GetAmountFen() {
		t.Errorf("%d fen now, %d then", got, then.GetTotals()[0].GetAmountFen())
	}
	if e := volumesAsked(t, x.People["reform-commission"], in).GetExplanation(); e.GetComplete() {
		t.Error("the commission does not see military buyers, and its figures say they are complete")
	}
}

// A county that gets a new code, as 610928 旬阳县 became 610981 旬阳市 in 2021, is
// one county: its figures go on, and what is asked as of before names it as it
// was. A year later the same span is compared.
func TestACountysFiguresGoOnUnderItsNewCodeAndAreComparedWithAYearAgo(t *testing.T) {
	c := &clock{}
	c.set("2027-01-15")
	x := testkit.New(t, swift, c.into)
	err := x.Store.LoadReference(t.Context(), []exchange.Division{
		{Code: "610722", NameZH: "城固县", Level: 3, Parent: "610700", Valid: exchange.Span{To: "2027-01-31"}},
		{Code: "610781", NameZH: "城固市", Level: 3, Parent: "610700", Valid: exchange.Span{From: "2027-02-01"}, Predecessors: []string{"610722"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	buy := func(consignee string, units int64) {
		t.Helper()
		offer := x.Offer(t, testkit.OfferOptions{
			Seller: x.People["jiangsu-producer"], Authority: x.People["baoying-authority"], Origin: "321023", AutoConfirm: true,
		})
		buyer := x.People["shaanxi-school-buyer"]
		o := testkit.Must[*pb.PlaceOrderResponse](t, buyer, &pb.PlaceOrderRequest{
			RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: units * 1000, ConsigneeCode: consignee,
		}).GetOrder()
		testkit.Must[*pb.ShipOrderResponse](t, x.People["jiangsu-producer"], &pb.ShipOrderRequest{Id: o.GetId()})
		testkit.Must[*pb.AcceptOrderResponse](t, buyer, &pb.AcceptOrderRequest{Id: o.GetId(), AcceptedQuantity: o.GetQuantity()})
	}
	want := func(in *pb.QueryVolumesRequest, figures ...figure) *pb.QueryVolumesResponse {
		t.Helper()
		in.GroupBy, in.Measure = []pb.Dimension{pb.Dimension_DIMENSION_BUYER_COUNTY}, measureAccepted
		out := volumesAsked(t, x.Auditor, in)
		if got := figuresOf(out.GetVolumes()); !slices.Equal(got, figures) {
			t.Errorf("%v, want %v", got, figures)
		}
		return out
	}
	buy("610722", 1)
	want(&pb.QueryVolumesRequest{}, figure{"610722", measureAccepted, 6200})
	c.set("2027-03-15")
	buy("610781", 2)
	want(&pb.QueryVolumesRequest{}, figure{"610781", measureAccepted, 3 * 6200})
	want(&pb.QueryVolumesRequest{To: "2027-01-31"}, figure{"610722", measureAccepted, 6200})
	want(&pb.QueryVolumesRequest{AsOf: at("2027-01-20")}, figure{"610722", measureAccepted, 6200})
	want(&pb.QueryVolumesRequest{Cell: map[string]string{"buyer_county": "610781", "month": "2027-01"}}, figure{"610781", measureAccepted, 6200})

	c.set("2028-03-20")
	buy("610781", 6)
	out := want(&pb.QueryVolumesRequest{From: "2028-01-01", CompareYearAgo: true}, figure{"610781", measureAccepted, 6 * 6200})
	v := out.GetVolumes()[0]
	if v.GetYearAgoFen() != 3*6200 || v.GetChangeBasisPoints() != 10_000 || v.GetShareBasisPoints() != 10_000 {
		t.Errorf("%v", v)
	}
	if out.GetYearAgoFrom() != "2027-01-01" || out.GetYearAgoTo() != "2027-03-20" || out.GetTotals()[0].GetYearAgoFen() != 3*6200 {
		t.Errorf("a year ago of %s..%s: %v", out.GetYearAgoFrom(), out.GetYearAgoTo(), out.GetTotals())
	}
	// By month: what was only there a year ago is there with nothing in it.
	months := volumesAsked(t, x.Auditor, &pb.QueryVolumesRequest{
		GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH}, From: "2028-01-01", To: "2028-03-31", Measure: measureAccepted, CompareYearAgo: true,
	})
	if got := figuresOf(months.GetVolumes()); !slices.Equal(got, []figure{{"2028-01", measureAccepted, 0}, {"2028-03", measureAccepted, 6 * 6200}}) {
		t.Errorf("%v", got)
	}
	if got := months.GetVolumes()[0].GetYearAgoFen(); got != 6200 {
		t.Errorf("January a year ago is %d", got)
	}
	// 城固 is paired with some county of 南通; the seller is of 宝应, and the trade is of no pair.
	pairs := volumesAsked(t, x.Auditor, &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_PAIRING}, Measure: measureAccepted})
	if got := figuresOf(pairs.GetVolumes()); !slices.Equal(got, []figure{{exchange.OtherPairing, measureAccepted, 9 * 6200}}) {
		t.Errorf("%v", got)
	}
	x.CheckInvariants(t)
}
