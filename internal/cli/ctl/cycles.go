package ctl

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func cyclesCommand(a *app) *cobra.Command {
	adjust := &pb.AdjustSettlementCycleRequest{}
	return group("cycles", "Settlement cycles of two alliances (结算周期)",
		cyclesOpen(a), cyclesList(a),
		requestThen(a, "get ID", "Show a cycle with what each member owes",
			bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.GetSettlementCycle), &pb.GetSettlementCycleRequest{}, nil, a.cycle),
		requestThen(a, "match ID", "Compare what is owed in a cycle with what was paid",
			bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.MatchSettlementCycle), &pb.MatchSettlementCycleRequest{}, nil, a.matched),
		reasoned(a, "adjust ID", "Take the differences of a cycle as they are",
			bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.AdjustSettlementCycle), adjust, &adjust.Reason),
		request(a, "instruct ID", "Make the transfers that settle a cycle",
			bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.InstructSettlementCycle), &pb.InstructSettlementCycleRequest{}),
		cyclesStatement(a))
}

func cyclesOpen(a *app) *cobra.Command {
	in := &pb.OpenSettlementCycleRequest{}
	cmd := request(a, "open", "Open a cycle",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.OpenSettlementCycle), in)
	f := cmd.Flags()
	f.StringVar(&in.SellerAllianceId, "seller-alliance", "", "the seller alliance")
	f.StringVar(&in.BuyerAllianceId, "buyer-alliance", "", "the buyer alliance")
	f.StringVar(&in.From, "from", "", "first day of acceptance, YYYY-MM-DD")
	f.StringVar(&in.To, "to", "", "last day of acceptance, YYYY-MM-DD")
	return require(cmd, "seller-alliance", "buyer-alliance", "from", "to")
}

func cyclesList(a *app) *cobra.Command {
	in := &pb.ListSettlementCyclesRequest{}
	cmd := request(a, "list", "List the cycles that you may see",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.ListSettlementCycles), in)
	enumVar(cmd, &in.State, "state", "only in this state")
	cmd.Flags().StringVar(&in.SellerAllianceId, "seller-alliance", "", "only of this seller alliance")
	cmd.Flags().StringVar(&in.BuyerAllianceId, "buyer-alliance", "", "only of this buyer alliance")
	return cmd
}

// cycle prints a cycle: in a table each of its parts.
func (a *app) cycle(out *pb.GetSettlementCycleResponse) error {
	p := a.printer()
	if p.format != formatTable {
		return p.message(out)
	}
	return p.parts(rowsOf([]*pb.SettlementCycle{out.GetCycle()}), rowsOf(out.GetObligations()), rowsOf(out.GetDifferences()), rowsOf(out.GetInstructions()))
}

func (a *app) matched(out *pb.MatchSettlementCycleResponse) error {
	p := a.printer()
	if p.format != formatTable {
		return p.message(out)
	}
	return p.parts(rowsOf([]*pb.SettlementCycle{out.GetCycle()}), rowsOf(out.GetDifferences()))
}

// parts prints tables, with an empty line between, and none without rows.
func (p *printer) parts(parts ...[]protoreflect.Message) error {
	for i, rows := range parts {
		if len(rows) == 0 {
			continue
		}
		if i > 0 {
			if err := p.write([]byte("\n")); err != nil {
				return err
			}
		}
		if err := p.table(tableColumns(rows[0].Descriptor(), p.language), rows); err != nil {
			return err
		}
	}
	return nil
}

func cyclesStatement(a *app) *cobra.Command {
	in := &pb.GetMemberStatementRequest{}
	page := ""
	call := bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.GetMemberStatement)
	cmd := command("statement CYCLE_ID MEMBER_ID", "Show what a member owes or is owed in a cycle, order by order (对账单)", in,
		func(ctx context.Context) error {
			switch {
			case page != "":
				a.flags.all = true
				out, err := pages(ctx, a, call, in)
				if err != nil {
					return err
				}
				return a.printable(page, out)
			case a.exports():
				return export(ctx, a, call, in)
			}
			out, err := pages(ctx, a, call, in)
			if err != nil {
				return err
			}
			return a.statement(out)
		})
	cmd.Flags().StringVar(&page, "html", "", `write all of it as a page to print; "-" is stdout`)
	cmd.Example = "  sushaanctl settlement cycles statement 61-… MEMBER -o xlsx > statement.xlsx\n  sushaanctl settlement cycles statement 61-… MEMBER --html statement.html"
	return cmd
}

func (a *app) statement(out *pb.GetMemberStatementResponse) error {
	p := a.printer()
	if p.format != formatTable {
		return p.message(out)
	}
	return p.parts(rowsOf(out.GetLines()), rowsOf([]*pb.Obligation{out.GetObligation()}))
}

// printable writes a statement as HTML, to a new file or to stdout.
func (a *app) printable(file string, out *pb.GetMemberStatementResponse) error {
	text, err := statementPage(out)
	if err != nil {
		return err
	}
	if file == "-" {
		return a.printer().write(text)
	}
	const ownAlone = 0o600
	return os.WriteFile(file, text, ownAlone)
}

func settlementAgeing(a *app) *cobra.Command {
	in := &pb.GetAgeingRequest{}
	cmd := requestThen(a, "ageing", "Show what buyers owe, by how long ago it was accepted (账龄)",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.GetAgeing), in, nil,
		func(out *pb.GetAgeingResponse) error {
			p := a.printer()
			if p.format != formatTable || out.GetTotal() == nil {
				return p.message(out)
			}
			out.Total.BuyerMemberId = "TOTAL"
			return p.parts(rowsOf(append(out.GetRows(), out.GetTotal())))
		})
	instantVar(cmd, &in.AsOf, "as-of", "as of this time (default now)")
	return cmd
}

func ordersInvoice(a *app) *cobra.Command {
	in := &pb.AttachInvoiceRequest{}
	cmd := request(a, "invoice ID", "Attach an invoice (发票), as the seller",
		bind(pb.NewSettlementServiceClient, pb.SettlementServiceClient.AttachInvoice), in)
	f := cmd.Flags()
	f.StringVar(&in.Number, "number", "", "number of the invoice")
	requiredMoneyVar(cmd, &in.AmountFen, "amount", "amount, tax included; negative: it takes back")
	f.Int32Var(&in.TaxRateBasisPoints, "tax-rate", 0, "in basis points, 900 being 9 %")
	f.StringVar(&in.IssuedOn, "issued-on", "", "day of issue, YYYY-MM-DD (default today)")
	return require(cmd, "number", "tax-rate")
}
