package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func grantsCommand(a *app) *cobra.Command {
	return request(a, "grants", "List grants (联盟授权)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListGrants), &pb.ListGrantsRequest{})
}

func grantCommand(a *app) *cobra.Command {
	revoke := &pb.RevokeGrantRequest{}
	return group("grant", "Act on one grant (联盟授权)",
		grantCreate(a),
		request(a, "get ID", "Show a grant",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetGrant), &pb.GetGrantRequest{}),
		reasoned(a, "revoke ID", "End a grant",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.RevokeGrant), revoke, &revoke.Reason))
}

func grantCreate(a *app) *cobra.Command {
	in := &pb.CreateGrantRequest{}
	cmd := request(a, "create", "Give a buyer alliance sight of a seller alliance's offers",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.CreateGrant), in)
	cmd.Flags().StringVar(&in.SellerAllianceId, "seller-alliance", "", "alliance whose offers can be seen")
	cmd.Flags().StringVar(&in.BuyerAllianceId, "buyer-alliance", "", "alliance that can see and buy them")
	validityVars(cmd, &in.ValidFrom, &in.ValidTo, " (default today)", " (default until revoked)")
	return require(cmd, "seller-alliance", "buyer-alliance")
}
