package demo

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// deal is one order of the story, from placing to settlement.
type deal struct {
	offer         *pb.Offer
	seller, buyer string // people
	units         int64  // sales units ordered
	rejected      int64  // sales units that the buyer does not accept
	direction     pb.Direction
	reserve       bool
	waybill       string
}

// trade takes a deal through all its steps and gives the settled order.
func (s *stage) trade(ctx context.Context, d deal) (*pb.Order, error) {
	order, err := s.place(ctx, d)
	if err != nil {
		return nil, err
	}
	id, all := order.GetId(), order.GetQuantity()
	rejected := d.rejected * d.offer.GetUnitQuantity()
	accept := &pb.AcceptOrderRequest{Id: id, AcceptedQuantity: all - rejected, RejectedQuantity: rejected}
	accepted := pb.OrderState_ORDER_STATE_ACCEPTED
	if rejected > 0 {
		accept.Reason, accepted = "cartons crushed on the way / 运输途中箱体压损", pb.OrderState_ORDER_STATE_PART_ACCEPTED
	}
	steps := []func() error{
		func() error {
			return advance(ctx, s, d.seller, &pb.ShipOrderRequest{Id: id, Waybill: d.waybill},
				pb.OrderState_ORDER_STATE_SHIPPED, (*pb.ShipOrderResponse).GetOrder)
		},
		func() error {
			return advance(ctx, s, d.seller, &pb.DeliverOrderRequest{Id: id},
				pb.OrderState_ORDER_STATE_DELIVERED, (*pb.DeliverOrderResponse).GetOrder)
		},
		func() error { return advance(ctx, s, d.buyer, accept, accepted, (*pb.AcceptOrderResponse).GetOrder) },
	}
	if !d.offer.GetAutoConfirm() {
		steps = append([]func() error{func() error {
			return advance(ctx, s, d.seller, &pb.ConfirmOrderRequest{Id: id},
				pb.OrderState_ORDER_STATE_CONFIRMED, (*pb.ConfirmOrderResponse).GetOrder)
		}}, steps...)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s.pay(ctx, d, id)
}

// place asks whether the order may be placed, places it, and places it once
// more under the same request id, which must give the same order.
func (s *stage) place(ctx context.Context, d deal) (*pb.Order, error) {
	quantity := d.units * d.offer.GetUnitQuantity()
	_, err := act(ctx, s, d.buyer, &pb.ExplainRequest{Action: "order.place", OfferId: d.offer.GetId(), Quantity: quantity, Reserve: d.reserve},
		func(out *pb.ExplainResponse) (string, error) {
			o := out.GetObligations()
			if !out.GetAllow() || o.GetDirection() != d.direction {
				return "", fmt.Errorf("policy says %v, direction %s", out.GetDenials(), nameOf(o.GetDirection()))
			}
			return fmt.Sprintf("explain: allowed by policy %s; direction %s, collaboration %t, fills the reserve %t%s", short(out.GetPolicyRevision()),
				nameOf(o.GetDirection()), o.GetCollaboration(), o.GetCountsToReserve(), warningsOf(out.GetWarnings())), nil
		})
	if err != nil {
		return nil, err
	}
	in := &pb.PlaceOrderRequest{OfferId: d.offer.GetId(), Quantity: quantity, Reserve: d.reserve}
	by := asked{token: s.people[d.buyer].token, requestID: uuid.NewString()}
	first, told, err := call[*pb.PlaceOrderResponse](ctx, s.client, by, in)
	if err != nil {
		s.step(d.buyer, told, "NOT AS EXPECTED: "+err.Error())
		return nil, fmt.Errorf("%s: place: %w", d.buyer, err)
	}
	s.step(d.buyer, told, orderLine(first.GetOrder())+warningsOf(first.GetWarnings()))
	again, told, err := call[*pb.PlaceOrderResponse](ctx, s.client, by, in)
	if err != nil || !told.replayed || again.GetOrder().GetId() != first.GetOrder().GetId() {
		err = fmt.Errorf("the same request again gave order %q, replayed %t, error %w", again.GetOrder().GetId(), told.replayed, err)
		s.step(d.buyer, told, "NOT AS EXPECTED: "+err.Error())
		return nil, err
	}
	s.step(d.buyer, told, "the same request id again: the same order, once (Idempotency-Replayed: true)")
	return first.GetOrder(), nil
}

// pay pays what was accepted, which settles the order.
func (s *stage) pay(ctx context.Context, d deal, id string) (*pb.Order, error) {
	got, err := act(ctx, s, d.buyer, &pb.GetOrderRequest{Id: id}, func(out *pb.GetOrderResponse) (string, error) {
		return "owed: " + yuan(out.GetOrder().GetAcceptedAmountFen()-out.GetOrder().GetPaidAmountFen()), nil
	})
	if err != nil {
		return nil, err
	}
	// The bank's reference counts once per order, so it need not be unique.
	paid, err := act(ctx, s, d.buyer, &pb.RecordPaymentRequest{
		Id: id, AmountFen: got.GetOrder().GetAcceptedAmountFen(), BankReference: "ICBC-" + string(s.today()) + "-0001",
	}, func(out *pb.RecordPaymentResponse) (string, error) {
		return inState(out.GetOrder(), pb.OrderState_ORDER_STATE_SETTLED)
	})
	return paid.GetOrder(), err
}

// advance takes an order one step and holds it against the state it must reach.
func advance[R protoMessage](ctx context.Context, s *stage, who string, in protoMessage, to pb.OrderState, order func(R) *pb.Order) error {
	_, err := act(ctx, s, who, in.ProtoReflect().Interface(), func(out R) (string, error) { return inState(order(out), to) })
	return err
}

func inState(o *pb.Order, want pb.OrderState) (string, error) {
	if o.GetState() != want {
		return "", fmt.Errorf("%s, wanted %s", orderLine(o), nameOf(want))
	}
	return orderLine(o), nil
}

// short is the head of a revision, enough to tell it from others.
func short(revision string) string {
	const most = 12
	return revision[:min(len(revision), most)]
}
