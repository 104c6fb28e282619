package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func rolesCommand(a *app) *cobra.Command {
	return request(a, "roles", "List who has which role",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListRoles), &pb.ListRolesRequest{})
}

func roleCommand(a *app) *cobra.Command {
	return group("role", "Give and take roles",
		roleAssign(a),
		request(a, "revoke ID", "Take a role away, by the id of its assignment",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.RevokeRole), &pb.RevokeRoleRequest{}))
}

func roleAssign(a *app) *cobra.Command {
	in := &pb.AssignRoleRequest{}
	cmd := request(a, "assign", "Give a role to a subject of an issuer",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.AssignRole), in)
	cmd.Flags().StringVar(&in.IssuerId, "issuer", "", "issuer of the subject's tokens")
	cmd.Flags().StringVar(&in.Subject, "subject", "", "sub claim of the tokens")
	cmd.Flags().StringVar(&in.MemberId, "member", "", "member that the subject acts for; not for an authority's subject")
	enumVar(cmd, &in.Role, "role", "role to give")
	return require(cmd, "issuer", "subject", "role")
}
