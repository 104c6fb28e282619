package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func alliancesCommand(a *app) *cobra.Command {
	in := &pb.ListAlliancesRequest{}
	cmd := request(a, "alliances", "List alliances (联盟)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListAlliances), in)
	enumVar(cmd, &in.Side, "side", "only of this side")
	return cmd
}

func allianceCommand(a *app) *cobra.Command {
	return group("alliance", "Act on one alliance (联盟)",
		allianceCreate(a),
		request(a, "get ID", "Show an alliance",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetAlliance), &pb.GetAllianceRequest{}))
}

func allianceCreate(a *app) *cobra.Command {
	in := &pb.CreateAllianceRequest{}
	cmd := request(a, "create", "Create an alliance",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.CreateAlliance), in)
	nameVars(cmd, &in.NameZh, &in.NameEn)
	enumVar(cmd, &in.Side, "side", "side of the trade")
	cmd.Flags().StringVar(&in.Home, "home", "", "province: 32 (Jiangsu) or 61 (Shaanxi)")
	complete(cmd, "home", "32", "61")
	return require(cmd, "side", "home")
}
