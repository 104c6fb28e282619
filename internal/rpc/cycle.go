package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

func cycle(c exchange.SettlementCycle) *pb.SettlementCycle {
	return &pb.SettlementCycle{
		Id: c.ID.String(), SellerAllianceId: c.SellerAlliance.String(), BuyerAllianceId: c.BuyerAlliance.String(),
		From: string(c.Span.From), To: string(c.Span.To), State: enum[pb.CycleState](c.State), StateReason: c.StateReason,
		CreateTime: stamp(c.CreatedAt), UpdateTime: stamp(c.UpdatedAt),
	}
}

func difference(d exchange.Difference) *pb.Difference {
	return &pb.Difference{
		Kind: enum[pb.DifferenceKind](d.Kind), MemberId: idText(d.Member), OrderId: d.Order.String(), BankLineId: d.Line.String(),
		AmountFen: d.AmountFen,
	}
}

func obligation(o exchange.Obligation) *pb.Obligation {
	side := pb.Side_SIDE_SELLER
	if o.Buys {
		side = pb.Side_SIDE_BUYER
	}
	return &pb.Obligation{
		MemberId: o.Member.String(), Side: side, Orders: o.Orders, AcceptedFen: o.AcceptedFen, PaidFen: o.PaidFen, NetFen: o.NetFen,
	}
}

func instruction(i exchange.Instruction) *pb.Instruction {
	return &pb.Instruction{
		Id: i.ID.String(), MemberId: i.Member.String(), AmountFen: i.AmountFen, PaymentReference: i.PaymentReference(),
		State: enum[pb.InstructionState](i.State), BankLineId: i.Line.String(),
	}
}

func invoice(v exchange.Invoice) *pb.Invoice {
	return &pb.Invoice{
		Id: v.ID.String(), OrderId: homeID(v.ID.Home, v.Order), Number: v.Number, AmountFen: v.AmountFen,
		TaxRateBasisPoints: int32(v.TaxRateBP), IssuedOn: string(v.IssuedOn),
	}
}

func (s *settlements) OpenSettlementCycle(ctx context.Context, r *pb.OpenSettlementCycleRequest) (*pb.OpenSettlementCycleResponse, error) {
	v, err := s.app.OpenCycle(ctx, app.OpenCycle{
		Meta: meta(r), SellerAllianceID: r.GetSellerAllianceId(), BuyerAllianceID: r.GetBuyerAllianceId(), From: r.GetFrom(), To: r.GetTo(),
	})
	return answer(ctx, v, err, func(c exchange.SettlementCycle) *pb.OpenSettlementCycleResponse {
		return &pb.OpenSettlementCycleResponse{Cycle: cycle(c)}
	})
}

func (s *settlements) GetSettlementCycle(ctx context.Context, r *pb.GetSettlementCycleRequest) (*pb.GetSettlementCycleResponse, error) {
	v, err := s.app.GetCycle(ctx, r.GetId())
	return read(v, err, func(v app.CycleView) *pb.GetSettlementCycleResponse {
		return &pb.GetSettlementCycleResponse{
			Cycle: cycle(v.Cycle), Obligations: each(v.Obligations, obligation), Differences: each(v.Cycle.Differences, difference),
			Instructions: each(v.Instructions, instruction),
		}
	})
}

func (s *settlements) ListSettlementCycles(ctx context.Context, r *pb.ListSettlementCyclesRequest) (*pb.ListSettlementCyclesResponse, error) {
	p, err := s.app.ListCycles(ctx, app.ListCycles{
		Paging: paging(r), SellerAllianceID: r.GetSellerAllianceId(), BuyerAllianceID: r.GetBuyerAllianceId(),
		State: word[exchange.CycleState](r.GetState()),
	})
	return read(p, err, func(p app.Page[exchange.SettlementCycle]) *pb.ListSettlementCyclesResponse {
		return &pb.ListSettlementCyclesResponse{Cycles: each(p.Items, cycle), NextPageToken: p.Next}
	})
}

func (s *settlements) MatchSettlementCycle(ctx context.Context, r *pb.MatchSettlementCycleRequest) (*pb.MatchSettlementCycleResponse, error) {
	v, err := s.app.MatchCycle(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.SettlementCycle) *pb.MatchSettlementCycleResponse {
		return &pb.MatchSettlementCycleResponse{Cycle: cycle(c), Differences: each(c.Differences, difference)}
	})
}

func (s *settlements) AdjustSettlementCycle(ctx context.Context, r *pb.AdjustSettlementCycleRequest) (*pb.AdjustSettlementCycleResponse, error) {
	v, err := s.app.AdjustCycle(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.SettlementCycle) *pb.AdjustSettlementCycleResponse {
		return &pb.AdjustSettlementCycleResponse{Cycle: cycle(c)}
	})
}

func (s *settlements) InstructSettlementCycle(ctx context.Context, r *pb.InstructSettlementCycleRequest) (*pb.InstructSettlementCycleResponse, error) {
	v, err := s.app.InstructCycle(ctx, stepOf(r))
	return answer(ctx, v, err, func(c exchange.SettlementCycle) *pb.InstructSettlementCycleResponse {
		return &pb.InstructSettlementCycleResponse{Cycle: cycle(c)}
	})
}

func (s *settlements) GetMemberStatement(ctx context.Context, r *pb.GetMemberStatementRequest) (*pb.GetMemberStatementResponse, error) {
	v, err := s.app.GetMemberStatement(ctx, app.GetMemberStatement{Paging: paging(r), CycleID: r.GetCycleId(), MemberID: r.GetMemberId()})
	return read(v, err, func(v app.MemberStatement) *pb.GetMemberStatementResponse {
		return &pb.GetMemberStatementResponse{
			Lines:         each(v.Lines.Items, func(l app.StatementLine) *pb.StatementLine { return statementLine(l, v.Member) }),
			NextPageToken: v.Lines.Next, Cycle: cycle(v.Cycle), MemberId: v.Member.ID.String(), MemberNameZh: v.Member.NameZH,
			MemberNameEn: v.Member.NameEN, CarriedFen: v.CarriedFen, Obligation: obligation(v.Obligation),
		}
	})
}

// statementLine shows an order from a member's side.
func statementLine(l app.StatementLine, of exchange.Member) *pb.StatementLine {
	out := &pb.StatementLine{
		OrderId: l.ID.String(), AcceptTime: stamp(l.AcceptedAt), CounterpartyMemberId: l.Seller.String(), State: enum[pb.OrderState](l.State),
		AcceptedFen: l.AcceptedFen, RefundedFen: l.RefundedFen, PaidFen: l.PaidFen - l.RepaidFen, DueFen: l.BuyerDueFen(),
		Invoices: each(l.Invoices, invoice),
	}
	if of.Side == exchange.Seller {
		out.CounterpartyMemberId = l.Buyer.String()
		out.PaidFen, out.DueFen = l.PaidFen-l.RepaidFen-l.HeldFen, l.SellerDueFen()
	}
	return out
}

func ageing(a exchange.Ageing) *pb.AgeingRow {
	return &pb.AgeingRow{
		BuyerMemberId: idText(a.Buyer), BuyerAllianceId: idText(a.BuyerAlliance), SellerAllianceId: idText(a.SellerAlliance),
		Orders: a.Orders, Days_30Fen: a.Fen[0], Days_60Fen: a.Fen[1], Days_90Fen: a.Fen[2], OlderFen: a.Fen[3],
		TotalFen: a.Fen[0] + a.Fen[1] + a.Fen[2] + a.Fen[3], Oldest: string(a.Oldest),
	}
}

func (s *settlements) GetAgeing(ctx context.Context, r *pb.GetAgeingRequest) (*pb.GetAgeingResponse, error) {
	v, err := s.app.GetAgeing(ctx, app.GetAgeing{AsOf: instant(r.GetAsOf())})
	return read(v, err, func(v app.Ageing) *pb.GetAgeingResponse {
		return &pb.GetAgeingResponse{Rows: each(v.Rows, ageing), Total: ageing(v.Total), AsOf: stamp(v.AsOf)}
	})
}

func (s *settlements) AttachInvoice(ctx context.Context, r *pb.AttachInvoiceRequest) (*pb.AttachInvoiceResponse, error) {
	v, err := s.app.AttachInvoice(ctx, app.AttachInvoice{
		Meta: meta(r), ID: r.GetId(), Number: r.GetNumber(), AmountFen: r.GetAmountFen(), TaxRateBP: int64(r.GetTaxRateBasisPoints()),
		IssuedOn: r.GetIssuedOn(),
	})
	return answer(ctx, v, err, func(o exchange.Order) *pb.AttachInvoiceResponse { return &pb.AttachInvoiceResponse{Order: order(o)} })
}

func (s *settlements) ListInvoices(ctx context.Context, r *pb.ListInvoicesRequest) (*pb.ListInvoicesResponse, error) {
	v, err := s.app.ListInvoices(ctx, r.GetOrderId())
	return read(v, err, func(list []exchange.Invoice) *pb.ListInvoicesResponse {
		return &pb.ListInvoicesResponse{Invoices: each(list, invoice)}
	})
}
