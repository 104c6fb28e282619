package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func targetsCommand(a *app) *cobra.Command {
	return group("targets", "Targets (协议任务) of pairings, counties and provinces, and how far they are reached",
		targetsList(a), targetsSet(a),
		request(a, "get ID", "Show a version of a target",
			bind(pb.NewTargetServiceClient, pb.TargetServiceClient.GetTarget), &pb.GetTargetRequest{}),
		targetsProgress(a))
}

func targetsList(a *app) *cobra.Command {
	in := &pb.ListTargetsRequest{}
	cmd := request(a, "list", "List the versions of targets that you may see",
		bind(pb.NewTargetServiceClient, pb.TargetServiceClient.ListTargets), in)
	cmd.Flags().Int32Var(&in.Year, "year", 0, "only of this year")
	enumVar(cmd, &in.UnitKind, "unit-kind", "only of this kind of unit")
	cmd.Flags().StringVar(&in.Unit, "unit", "", "only of this unit")
	return cmd
}

func targetsSet(a *app) *cobra.Command {
	in := &pb.SetTargetRequest{}
	cmd := request(a, "set", "Set the next version of a target",
		bind(pb.NewTargetServiceClient, pb.TargetServiceClient.SetTarget), in)
	cmd.Example = "  sushaanctl targets set --unit-kind pairing --unit 320402-610928 --year 2026 --amount 4000000 --document 苏陕协作协议"
	f := cmd.Flags()
	enumVar(cmd, &in.UnitKind, "unit-kind", "what the unit is")
	f.StringVar(&in.Unit, "unit", "", "code of the division, or of both sides of the pairing: 320402-610928")
	f.Int32Var(&in.Year, "year", 0, "year in which it is to be reached")
	enumVar(cmd, &in.Direction, "direction", "direction that counts (default sn-to-js)")
	enumVar(cmd, &in.Measure, "measure", "measure that counts (default accepted)")
	requiredMoneyVar(cmd, &in.AmountFen, "amount", "what is to be reached")
	f.StringVar(&in.DecidedOn, "decided-on", "", "day of the document, YYYY-MM-DD (default today)")
	f.StringVar(&in.Document, "document", "", "document that sets it")
	return require(cmd, "unit-kind", "unit", "year")
}

func targetsProgress(a *app) *cobra.Command {
	in := &pb.GetTargetProgressRequest{}
	cmd := requestThen(a, "progress", "Show how far the targets of a year are reached, by the ledger",
		bind(pb.NewTargetServiceClient, pb.TargetServiceClient.GetTargetProgress), in, nil,
		func(out *pb.GetTargetProgressResponse) error {
			p := a.printer()
			if p.format != formatTable {
				return p.message(out)
			}
			err := p.table(tableColumns((&pb.TargetProgress{}).ProtoReflect().Descriptor(), p.language), rowsOf(out.GetProgress()))
			if err != nil || out.GetComplete() {
				return err
			}
			return p.write([]byte("\nThe figures are of the trades that you may see.\n"))
		})
	cmd.Flags().Int32Var(&in.Year, "year", 0, "year of the targets (default this year)")
	asOfVar(cmd, &in.AsOf, &in.AsOfPosition)
	return cmd
}
