package testkit_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/testkit"
)

// setTarget has the reform commission set a target for this year.
func setTarget(t *testing.T, x *testkit.Exchange, change func(*pb.SetTargetRequest)) *pb.Target {
	t.Helper()
	in := &pb.SetTargetRequest{
		RequestId: uuid.NewString(), UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_COUNTY, Unit: x.CooperativeCounty,
		Year: int32(x.Today().Year()), AmountFen: 4000, Document: "苏陕协作协议",
	}
	if change != nil {
		change(in)
	}
	return testkit.Must[*pb.SetTargetResponse](t, x.People["reform-commission"], in).GetTarget()
}

func targetProgress(t *testing.T, p *testkit.Person, in *pb.GetTargetProgressRequest) []*pb.TargetProgress {
	t.Helper()
	return testkit.Must[*pb.GetTargetProgressResponse](t, p, in).GetProgress()
}

// A county's cooperative sells for 62 yuan against a target of 40: 155 %. The
// target is raised, and what is asked as of before keeps the old version.
func TestATargetIsReachedAsTheLedgerSaysByTheVersionOfTheDay(t *testing.T) {
	c := &clock{}
	c.set("2027-06-01")
	x := testkit.New(t, swift, c.into)
	commission := x.People["reform-commission"]
	first := setTarget(t, x, func(r *pb.SetTargetRequest) { r.DecidedOn = "2027-01-10" })
	if first.GetVersion() != 1 || first.GetDirection() != pb.Direction_DIRECTION_SN_TO_JS || first.GetMeasure() != measureAccepted {
		t.Errorf("set %v", first)
	}
	x.Settled(t)
	x.WaitSealed(t)
	position := testkit.Must[*pb.GetCheckpointResponse](t, x.Auditor, &pb.GetCheckpointRequest{}).GetSize()
	c.set("2027-07-01")
	second := setTarget(t, x, func(r *pb.SetTargetRequest) { r.AmountFen = 12_400 })
	if second.GetVersion() != 2 {
		t.Errorf("set %v", second)
	}
	wantBoth(t, commission, &pb.SetTargetRequest{
		UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_COUNTY, Unit: x.CooperativeCounty, Year: 2027, AmountFen: 1, DecidedOn: "2027-02-01",
	}, fault.DatesInvalid)
	for _, r := range []struct {
		name             string
		in               *pb.GetTargetProgressRequest
		version          int32
		actual, reachedB int64
	}{
		{"now", &pb.GetTargetProgressRequest{}, 2, 6200, 5000},
		{"before it was raised", &pb.GetTargetProgressRequest{AsOf: at("2027-06-15")}, 1, 6200, 15_500},
		{"as of a position", &pb.GetTargetProgressRequest{AsOfPosition: position}, 1, 6200, 15_500},
		{"as of the first position", &pb.GetTargetProgressRequest{AsOfPosition: 1}, 1, 0, 0},
	} {
		for _, p := range []*testkit.Person{commission, x.Auditor} {
			got := targetProgress(t, p, r.in)
			if len(got) != 1 || got[0].GetTarget().GetVersion() != r.version || got[0].GetActualFen() != r.actual ||
				got[0].GetReachedBasisPoints() != r.reachedB {
				t.Errorf("%s, %s: %v", r.name, p.Name, got)
			}
		}
	}
	if got := targetProgress(t, commission, &pb.GetTargetProgressRequest{Year: 2026}); len(got) != 0 {
		t.Errorf("of another year %v", got)
	}
	if got := testkit.Must[*pb.ListTargetsResponse](t, commission, &pb.ListTargetsRequest{Unit: x.CooperativeCounty}).GetTargets(); len(got) != 2 {
		t.Errorf("versions %v", got)
	}
	x.CheckInvariants(t)
}

// Each kind of unit has its own figure, in the direction that the target names.
func TestATargetOfAPairingACountyAndAProvinceCountsItsOwnTrades(t *testing.T) {
	x := testkit.New(t, swift)
	// 延长 is paired with a unit of 无锡; the hospital of 惠山 is in 无锡.
	var pairing string
	for _, p := range testkit.Must[*pb.ListPairingsResponse](t, x.Auditor, &pb.ListPairingsRequest{PageSize: 100}).GetPairings() {
		if p.GetSnCountyCode() == x.CooperativeCounty {
			pairing = p.GetJsUnitCode() + "-" + p.GetSnCountyCode()
		}
	}
	js := pairing[:6]
	kinds := map[pb.TargetUnitKind]string{
		pb.TargetUnitKind_TARGET_UNIT_KIND_PAIRING: pairing, pb.TargetUnitKind_TARGET_UNIT_KIND_PROVINCE: "610000",
	}
	for kind, unit := range kinds {
		setTarget(t, x, func(r *pb.SetTargetRequest) { r.UnitKind, r.Unit = kind, unit })
	}
	setTarget(t, x, nil)
	setTarget(t, x, func(r *pb.SetTargetRequest) { r.Unit = js })
	setTarget(t, x, func(r *pb.SetTargetRequest) { r.Direction = pb.Direction_DIRECTION_JS_TO_SN })
	offer := x.Offer(t, testkit.OfferOptions{AutoConfirm: true})
	buy(t, x, x.School, offer, 1, nil)
	buy(t, x, x.School, offer, 2, func(r *pb.PlaceOrderRequest) { r.ConsigneeCode = js })
	want := map[string]int64{
		"PAIRING " + pairing + " SN_TO_JS": 2 * 6200, "PROVINCE 610000 SN_TO_JS": 3 * 6200,
		"COUNTY " + x.CooperativeCounty + " SN_TO_JS": 3 * 6200, "COUNTY " + x.CooperativeCounty + " JS_TO_SN": 0,
		"COUNTY " + js + " SN_TO_JS": 2 * 6200,
	}
	got := targetProgress(t, x.Auditor, &pb.GetTargetProgressRequest{})
	if len(got) != len(want) {
		t.Errorf("%d targets, want %d", len(got), len(want))
	}
	for _, p := range got {
		name := p.GetTarget().GetUnitKind().String()[len("TARGET_UNIT_KIND_"):] + " " + p.GetTarget().GetUnit() + " " +
			p.GetTarget().GetDirection().String()[len("DIRECTION_"):]
		if p.GetActualFen() != want[name] {
			t.Errorf("%s: %d, want %d", name, p.GetActualFen(), want[name])
		}
	}
	// Who sets, and who sees: a team sees the targets of its pair alone.
	wantBoth(t, x.People["coordination-team"], &pb.SetTargetRequest{
		UnitKind: pb.TargetUnitKind_TARGET_UNIT_KIND_PROVINCE, Unit: "610000", Year: int32(x.Today().Year()), AmountFen: 1,
	}, fault.RoleMissing)
	for _, p := range targetProgress(t, x.People["pair-team"], &pb.GetTargetProgressRequest{}) {
		if unit := p.GetTarget().GetUnit(); unit == "610000" {
			t.Errorf("the team of one pair sees the target of %s", strconv.Quote(unit))
		}
	}
}
