package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// settlements serves SettlementService.
type settlements struct {
	pb.UnimplementedSettlementServiceServer
	app *app.App
}

func bankStatement(s exchange.BankStatement) *pb.BankStatement {
	return &pb.BankStatement{
		Id: s.ID.String(), Account: s.Account, Statement: s.Statement, OpeningBalanceFen: s.OpeningFen, ClosingBalanceFen: s.ClosingFen,
		Lines: s.Lines, ImportTime: stamp(s.ImportedAt),
	}
}

func bankLine(l exchange.BankLine) *pb.BankLine {
	return &pb.BankLine{
		Id: l.ID.String(), StatementId: homeID(l.ID.Home, l.Statement), Account: l.Account, Reference: l.Reference,
		Flow: enum[pb.BankFlow](l.Flow), AmountFen: l.AmountFen, Booked: string(l.Booked), Counterparty: l.Counterparty,
		Remittance: l.Remittance, State: enum[pb.BankLineState](l.State), StateReason: l.StateReason, OrderId: l.Order.String(),
		ReturnedById: homeID(l.ID.Home, l.Partner), TransactionId: homeID(l.ID.Home, l.Transaction), InstructionId: l.Instruction.String(),
		ContractId: l.Contract.String(),
	}
}

// comparedLine shows of a line that waits which order it names, and why it waits.
func comparedLine(l app.ComparedLine) *pb.BankLine {
	out := bankLine(l.BankLine)
	if l.State == exchange.LineWaiting {
		out.Mismatch = enum[pb.Mismatch](l.Mismatch)
		switch {
		case l.Instruction:
			out.InstructionId = l.Named.String()
		case l.Contract:
			out.ContractId = l.Named.String()
		default:
			out.OrderId = l.Named.String()
		}
	}
	return out
}

func (s *settlements) ImportStatement(ctx context.Context, r *pb.ImportStatementRequest) (*pb.ImportStatementResponse, error) {
	v, err := s.app.ImportStatement(ctx, app.ImportStatement{
		Meta: meta(r), Format: word[string](r.GetFormat()), Content: r.GetContent(),
	})
	return answer(ctx, v, err, func(v app.Imported) *pb.ImportStatementResponse {
		return &pb.ImportStatementResponse{
			Statement: bankStatement(v.Statement), NewLines: v.New, RepeatedLines: v.Repeated, MatchedLines: v.Matched, WaitingLines: v.Waiting,
		}
	})
}

func (s *settlements) ListBankStatements(ctx context.Context, r *pb.ListBankStatementsRequest) (*pb.ListBankStatementsResponse, error) {
	p, err := s.app.ListBankStatements(ctx, app.ListBankStatements{Paging: paging(r), Account: r.GetAccount()})
	return read(p, err, func(p app.Page[exchange.BankStatement]) *pb.ListBankStatementsResponse {
		return &pb.ListBankStatementsResponse{Statements: each(p.Items, bankStatement), NextPageToken: p.Next}
	})
}

func (s *settlements) ListBankLines(ctx context.Context, r *pb.ListBankLinesRequest) (*pb.ListBankLinesResponse, error) {
	p, err := s.app.ListBankLines(ctx, app.ListBankLines{
		Paging: paging(r), StatementID: r.GetStatementId(), State: word[exchange.BankLineState](r.GetState()), OrderID: r.GetOrderId(),
	})
	return read(p, err, func(p app.Page[app.ComparedLine]) *pb.ListBankLinesResponse {
		return &pb.ListBankLinesResponse{Lines: each(p.Items, comparedLine), NextPageToken: p.Next}
	})
}

func (s *settlements) MatchBankLine(ctx context.Context, r *pb.MatchBankLineRequest) (*pb.MatchBankLineResponse, error) {
	v, err := s.app.MatchBankLine(ctx, app.MatchBankLine{Meta: meta(r), ID: r.GetId(), OrderID: r.GetOrderId()})
	return answer(ctx, v, err, func(v app.MatchedLine) *pb.MatchBankLineResponse {
		out := &pb.MatchBankLineResponse{Line: bankLine(v.Line)}
		if !v.Order.ID.IsZero() {
			out.Order = order(v.Order)
		}
		return out
	})
}

func (s *settlements) ReturnBankLine(ctx context.Context, r *pb.ReturnBankLineRequest) (*pb.ReturnBankLineResponse, error) {
	v, err := s.app.ReturnBankLine(ctx, app.ReturnBankLine{Meta: meta(r), ID: r.GetId(), ByID: r.GetById(), Reason: r.GetReason()})
	return answer(ctx, v, err, func(v exchange.BankLine) *pb.ReturnBankLineResponse {
		return &pb.ReturnBankLineResponse{Line: bankLine(v)}
	})
}
