package ctl

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

const createLine = "offers create --publish --product P --quantity 100 --price 1 --season-from 2026-01-01 --season-to 2026-02-01"

func TestCreateAndPublish(t *testing.T) {
	f := newFake(t)
	f.says("CreateOffer", &pb.CreateOfferResponse{Offer: &pb.Offer{Id: "61-x", State: pb.OfferState_OFFER_STATE_DRAFT}})
	f.says("PublishOffer", &pb.PublishOfferResponse{Offer: &pb.Offer{Id: "61-x", State: pb.OfferState_OFFER_STATE_PUBLISHED}})
	var ids []string
	for range 2 {
		out := ok(t, words(createLine+" --request-id 11111111-2222-4333-8444-555555555555")...)
		if !strings.Contains(out, "PUBLISHED") {
			t.Errorf("printed\n%s", out)
		}
		in := f.last(t, "PublishOffer").in.(*pb.PublishOfferRequest)
		if in.GetId() != "61-x" {
			t.Errorf("sent %v", in)
		}
		ids = append(ids, in.GetRequestId())
	}
	if ids[0] != ids[1] || ids[0] == "11111111-2222-4333-8444-555555555555" || len(ids[0]) != 36 {
		t.Errorf("the second writes had the ids %v", ids)
	}
}

func TestCreateButNotPublish(t *testing.T) {
	f := newFake(t)
	f.says("CreateOffer", &pb.CreateOfferResponse{Offer: &pb.Offer{Id: "61-x"}})
	f.fails("PublishOffer", failure(t, codes.PermissionDenied, "no certificate", reason("CERT_MISSING")))
	r := run(t, words(createLine)...)
	if r.exit != exitDenied || r.stderr != "note: the offer is drafted as 61-x but not published\nerror: CERT_MISSING: no certificate\n" {
		t.Errorf("%+v", r)
	}
}
