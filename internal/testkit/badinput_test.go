package testkit_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// TestBadInputGetsItsCode asks every row over gRPC and over HTTP.
func TestBadInputGetsItsCode(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	place := func(change func(*pb.PlaceOrderRequest)) *pb.PlaceOrderRequest {
		r := &pb.PlaceOrderRequest{RequestId: uuid.NewString(), OfferId: offer.GetId(), Quantity: 1000}
		change(r)
		return r
	}
	draft := func(change func(*pb.CreateOfferRequest)) *pb.CreateOfferRequest {
		r := &pb.CreateOfferRequest{
			ProductId: offer.GetProductId(), CertificateId: offer.GetCertificateId(), Quantity: 1000, PriceFen: 100,
			PriceBasis: offer.GetPriceBasis(), SeasonFrom: offer.GetSeasonFrom(), SeasonTo: offer.GetSeasonTo(),
		}
		change(r)
		return r
	}
	rows := []struct {
		name string
		who  *testkit.Person
		in   proto.Message
		want fault.Code
	}{
		{"malformed id", x.School, &pb.GetOrderRequest{Id: "61-x"}, fault.IDMalformed},
		{"id of another kind", x.School, &pb.GetOrderRequest{Id: uuid.NewString()}, fault.IDMalformed},
		{"foreign id", x.School, &pb.GetOrderRequest{Id: "44-" + uuid.NewString()}, fault.IDMalformed},
		{"id of nothing", x.School, &pb.GetOrderRequest{Id: "61-" + uuid.NewString()}, fault.ResourceNotFound},
		{"page size over the limit", x.School, &pb.ListOrdersRequest{PageSize: 100_000}, fault.PageSizeTooLarge},
		{"negative page size", x.School, &pb.ListOrdersRequest{PageSize: -1}, fault.InvalidArgument},
		{"garbled page token", x.School, &pb.ListOrdersRequest{PageToken: "zzz"}, fault.PageTokenInvalid},
		{"request id that is no UUID", x.School, place(func(r *pb.PlaceOrderRequest) { r.RequestId = "1" }), fault.RequestIDInvalid},
		{"zero quantity", x.School, place(func(r *pb.PlaceOrderRequest) { r.Quantity = 0 }), fault.QuantityInvalid},
		{"negative quantity", x.School, place(func(r *pb.PlaceOrderRequest) { r.Quantity = -1000 }), fault.QuantityInvalid},
		{"part of a sales unit", x.School, place(func(r *pb.PlaceOrderRequest) { r.Quantity = 1500 }), fault.QuantityNotMultiple},
		{"order beyond int64", x.School, place(func(r *pb.PlaceOrderRequest) { r.Quantity = math.MaxInt64 / 1000 * 1000 }), fault.AmountOverflow},
		{"offer beyond int64", x.Cooperative, draft(func(r *pb.CreateOfferRequest) {
			r.Quantity, r.PriceFen = math.MaxInt64/1000*1000, math.MaxInt64
		}), fault.AmountOverflow},
		{"price of nothing", x.Cooperative, draft(func(r *pb.CreateOfferRequest) { r.PriceFen = 0 }), fault.PriceInvalid},
		{"negative price", x.Cooperative, draft(func(r *pb.CreateOfferRequest) { r.PriceFen = -1 }), fault.PriceInvalid},
		{"price per kg of counted goods", x.Cooperative, draft(func(r *pb.CreateOfferRequest) {
			r.PriceBasis = pb.PriceBasis_PRICE_BASIS_PER_KG
		}), fault.PriceInvalid},
		{"season that is over", x.Cooperative, draft(func(r *pb.CreateOfferRequest) {
			r.SeasonFrom, r.SeasonTo = "2020-01-01", "2020-02-01"
		}), fault.DatesInvalid},
		{"day that is not in the calendar", x.Cooperative, draft(func(r *pb.CreateOfferRequest) { r.SeasonTo = "2026-02-30" }), fault.DatesInvalid},
		{"wrong check digit", x.BuyerSecretary, &pb.AdmitMemberRequest{
			AllianceId: x.BuyerAlliance, CreditCode: "12320115MB0000027A", NameZh: "校", Class: pb.MemberClass_MEMBER_CLASS_BUDGET_UNIT_SCHOOL, DivisionCode: "320115",
		}, fault.CreditCodeInvalid},
		{"division that is no longer valid", x.School, place(func(r *pb.PlaceOrderRequest) { r.ConsigneeCode = "320684" }), fault.DivisionNotValid},
		{"division that never was", x.School, place(func(r *pb.PlaceOrderRequest) { r.ConsigneeCode = "329999" }), fault.DivisionNotValid},
		{"control characters", x.School, &pb.CancelOrderRequest{Id: "61-" + uuid.NewString(), Reason: "a\x00b"}, fault.TextInvalid},
		{"balance of the future", x.School, &pb.GetBalanceRequest{
			AccountKind: pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER, AsOf: timestamppb.New(time.Now().Add(time.Hour)),
		}, fault.AsOfInvalid},
		{"balance before there was an account", x.School, &pb.GetBalanceRequest{
			AccountKind: pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER, AsOf: timestamppb.New(time.Unix(0, 0)),
		}, fault.AsOfInvalid},
	}
	rows = append(rows, []struct {
		name string
		who  *testkit.Person
		in   proto.Message
		want fault.Code
	}{
		{"volumes of the future", x.Auditor, &pb.QueryVolumesRequest{AsOf: timestamppb.New(time.Now().Add(time.Hour))}, fault.AsOfInvalid},
		{"volumes before the ledger began", x.Auditor, &pb.QueryVolumesRequest{AsOf: timestamppb.New(time.Unix(0, 0))}, fault.AsOfInvalid},
		{"volumes of a position that is not there", x.Auditor, &pb.QueryVolumesRequest{AsOfPosition: 1 << 40}, fault.AsOfInvalid},
		{"volumes as of a time and a position", x.Auditor, &pb.QueryVolumesRequest{AsOf: timestamppb.New(time.Now()), AsOfPosition: 1}, fault.InvalidArgument},
		{"volumes by what is no dimension", x.Auditor, &pb.QueryVolumesRequest{GroupBy: []pb.Dimension{99}}, fault.InvalidArgument},
		{"a cell of what is no dimension", x.Auditor, &pb.QueryVolumesRequest{Cell: map[string]string{"week": "7"}}, fault.InvalidArgument},
		{"a cell of what is no month", x.Auditor, &pb.OpenVolumeRequest{Cell: map[string]string{"month": "2026-13"}}, fault.DatesInvalid},
		{"a cell that has nothing", x.Auditor, &pb.OpenVolumeRequest{Cell: map[string]string{"month": "1999-01"}}, fault.ResourceNotFound},
		{"a target of a county that was not there then", x.People["reform-commission"], &pb.SetTargetRequest{
			UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_COUNTY, Unit: "610928", Year: 2022, AmountFen: 1,
		}, fault.TargetUnitUnknown},
		{"a target of a pairing that was not there then", x.People["reform-commission"], &pb.SetTargetRequest{
			UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_PAIRING, Unit: "320585-610124", Year: 2015, AmountFen: 1,
		}, fault.TargetUnitUnknown},
		{"a target of nothing", x.People["reform-commission"], &pb.SetTargetRequest{
			UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_PROVINCE, Unit: "610000", Year: 2026,
		}, fault.TargetInvalid},
		{"a year ago of no span", x.Auditor, &pb.QueryVolumesRequest{CompareYearAgo: true}, fault.DatesInvalid},
	}...)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { wantBoth(t, r.who, r.in, r.want) })
	}
	x.CheckInvariants(t)
}

func TestBadBodiesGetTheirCode(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	whole := `{"offerId": "` + offer.GetId() + `", "quantity": "1000"}`
	rows := []struct {
		name, body string
		status     int
		want       fault.Code
	}{
		{"unknown field", `{"offerId": "` + offer.GetId() + `", "quantity": "1000", "quantty": "1"}`, 400, fault.UnknownField},
		{"no JSON", `{"offerId": `, 400, fault.JSONInvalid},
		{"text for a number", `{"offerId": "` + offer.GetId() + `", "quantity": "many"}`, 400, fault.JSONInvalid},
		{"quantity beyond int64", `{"offerId": "` + offer.GetId() + `", "quantity": "9223372036854775808"}`, 400, fault.JSONInvalid},
		{"more than 1 MiB", `{"offerId": "` + strings.Repeat("x", 1<<20) + `"}`, 413, fault.BodyTooLarge},
		{"text after the JSON", whole + " trailing", 400, fault.JSONInvalid},
		{"brackets after the JSON", whole + "}}", 400, fault.JSONInvalid},
		{"a second JSON", whole + whole, 400, fault.JSONInvalid},
		{"spaces to more than 1 MiB", whole + strings.Repeat(" ", 1<<20), 413, fault.BodyTooLarge},
		{"invalid UTF-8", "{\"offerId\": \"\xff\", \"quantity\": \"1000\"}", 400, fault.JSONInvalid},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			a, err := x.School.HTTP(t.Context(), http.MethodPost, "/v1/orders", r.body, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status != r.status || a.Code() != r.want {
				t.Errorf("%d %s, want %d %s", a.Status, a.Code(), r.status, r.want)
			}
		})
	}
	if list := testkit.Must[*pb.ListOrdersResponse](t, x.School, &pb.ListOrdersRequest{}).GetOrders(); len(list) > 0 {
		t.Errorf("%d orders were placed by what was refused", len(list))
	}
	if a, err := x.School.HTTP(t.Context(), http.MethodPost, "/v1/orders", whole+"\n", nil); err != nil || a.Status != http.StatusOK {
		t.Errorf("a body that ends in a line: %d %s, %v", a.Status, a.Code(), err)
	}
}

func TestAnActionOnAnotherMembersOrderIsAnsweredAsIfItDidNotExist(t *testing.T) {
	x := testkit.New(t)
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{}), 1)
	for _, in := range []proto.Message{
		&pb.GetOrderRequest{Id: order.GetId()},
		&pb.CancelOrderRequest{Id: order.GetId(), Reason: "mine"},
		&pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: 1000},
		&pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 1, BankReference: "x"},
		&pb.ListOrderEventsRequest{Id: order.GetId()},
	} {
		wantBoth(t, x.Hospital, in, fault.ResourceNotFound)
	}
}

func TestAStepFromTheWrongStateIsRefused(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	order := x.Place(t, x.School, offer, 1)
	wantBoth(t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()}, fault.WrongState)
	wantBoth(t, x.Cooperative, &pb.DeliverOrderRequest{Id: order.GetId()}, fault.WrongState)
	wantBoth(t, x.School, &pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: 1000}, fault.WrongState)
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 1, BankReference: "x"}, fault.WrongState)
	wantBoth(t, x.Cooperative, &pb.PublishOfferRequest{Id: offer.GetId()}, fault.WrongState)
	wantBoth(t, x.Cooperative, &pb.ResumeOfferRequest{Id: offer.GetId()}, fault.WrongState)
	wantBoth(t, x.County, &pb.EnforceCertificateRequest{Id: offer.GetCertificateId()}, fault.WrongState)
	wantPrecondition(t, testkit.Try(t.Context(), x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()}), fault.WrongState)
	x.CheckInvariants(t)
}

// wantPrecondition wants an error to name the rule that it broke.
func wantPrecondition(t *testing.T, err error, want fault.Code) {
	t.Helper()
	for _, d := range status.Convert(err).Details() {
		if f, ok := d.(*errdetails.PreconditionFailure); ok && len(f.GetViolations()) == 1 && f.GetViolations()[0].GetType() == string(want) {
			return
		}
	}
	t.Errorf("no PreconditionFailure of type %s in %v", want, err)
}

func TestACertificateOfAnotherCountyCannotBeDecidedOn(t *testing.T) {
	x := testkit.New(t)
	offer := x.Offer(t, testkit.OfferOptions{})
	wantBoth(t, x.OtherCounty, &pb.SuspendCertificateRequest{Id: offer.GetCertificateId(), Reason: "x"}, fault.OutsideJurisdiction)
}

func TestAPaymentOfOneBankReferenceCountsOnce(t *testing.T) {
	x := testkit.New(t)
	order := x.Place(t, x.School, x.Offer(t, testkit.OfferOptions{AutoConfirm: true}), 10)
	testkit.Must[*pb.ShipOrderResponse](t, x.Cooperative, &pb.ShipOrderRequest{Id: order.GetId()})
	testkit.Must[*pb.AcceptOrderResponse](t, x.School, &pb.AcceptOrderRequest{Id: order.GetId(), AcceptedQuantity: 10_000})
	testkit.Must[*pb.RecordPaymentResponse](t, x.School, &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 6200, BankReference: "B1"})
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 6200, BankReference: "B1"}, fault.AlreadyExists)
	wantBoth(t, x.School, &pb.RecordPaymentRequest{Id: order.GetId(), AmountFen: 9*6200 + 1, BankReference: "B2"}, fault.PaymentInvalid)
	x.CheckInvariants(t)
}
