package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func authoritiesCommand(a *app) *cobra.Command {
	return request(a, "authorities", "List authorities (主管单位)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListAuthorities), &pb.ListAuthoritiesRequest{})
}

func authorityCommand(a *app) *cobra.Command {
	return group("authority", "Act on one authority (主管单位)",
		authorityCreate(a),
		request(a, "get ID", "Show an authority",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetAuthority), &pb.GetAuthorityRequest{}))
}

func authorityCreate(a *app) *cobra.Command {
	in := &pb.CreateAuthorityRequest{}
	cmd := request(a, "create", "Create an authority",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.CreateAuthority), in)
	nameVars(cmd, &in.NameZh, &in.NameEn)
	enumVar(cmd, &in.JurisdictionKind, "jurisdiction", "reach of the authority")
	cmd.Flags().StringSliceVar(&in.JurisdictionCodes, "code", nil, "its division; two cities for a pair, none for all")
	return require(cmd, "jurisdiction")
}
