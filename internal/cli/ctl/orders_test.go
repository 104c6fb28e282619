package ctl

import (
	"strings"
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func TestAccept(t *testing.T) {
	f := newFake(t)
	f.says("GetOrder", &pb.GetOrderResponse{Order: &pb.Order{Id: "O", Quantity: 100_000, UnitQuantity: 10_000}})
	for _, tc := range []struct {
		args                      string
		accepted, rejected, short int64
	}{
		{"", 100_000, 0, 0},
		{"--rejected 20000 --reason r", 80_000, 20_000, 0},
		{"--rejected 20000 --short 80000 --reason r", 0, 20_000, 80_000},
		{"--accepted 98000 --short 2000 --reason r", 98_000, 0, 2_000},
		{"--accepted 0 --rejected 100000 --reason r", 0, 100_000, 0},
		{"--units 10", 100_000, 0, 0},
		{"--units 9 --rejected 10000 --reason r", 90_000, 10_000, 0},
	} {
		ok(t, words("orders accept O "+tc.args)...)
		in := f.last(t, "AcceptOrder").in.(*pb.AcceptOrderRequest)
		if in.GetAcceptedQuantity() != tc.accepted || in.GetRejectedQuantity() != tc.rejected || in.GetShortQuantity() != tc.short || in.GetId() != "O" {
			t.Errorf("%q sent %v", tc.args, in)
		}
	}
	before := len(f.heard())
	for _, args := range []string{"--rejected 100001", "--rejected 60000 --short 60000", "--rejected -1", "--short 9223372036854775807 --rejected 2", "--units 9223372036854775807"} {
		if r := run(t, words("orders accept O "+args)...); r.exit != exitUsage {
			t.Errorf("%q: %+v", args, r)
		}
	}
	for _, h := range f.heard()[before:] {
		if h.method != "GetOrder" {
			t.Errorf("the server was asked for %s", h.method)
		}
	}
}

func TestPlaceByUnits(t *testing.T) {
	f := newFake(t)
	f.says("GetOffer", &pb.GetOfferResponse{Offer: &pb.Offer{Id: "O", UnitQuantity: 10_000}})
	ok(t, "orders", "place", "--offer", "O", "--units", "3")
	if in := f.last(t, "PlaceOrder").in.(*pb.PlaceOrderRequest); in.GetQuantity() != 30_000 {
		t.Errorf("sent %v", in)
	}
	if r := run(t, "orders", "place", "--offer", "O", "--units", "922337203685478"); r.exit != exitUsage || !strings.Contains(r.stderr, "more than can be counted") {
		t.Errorf("%+v", r)
	}
	ok(t, "orders", "place", "--offer", "O", "--units", "922337203685477")
	f.says("GetOffer", &pb.GetOfferResponse{})
	if r := run(t, "orders", "place", "--offer", "O", "--units", "3"); r.exit != exitUsage {
		t.Errorf("an offer without a unit: %+v", r)
	}
}
