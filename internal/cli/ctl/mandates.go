package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func mandatesCommand(a *app) *cobra.Command {
	return request(a, "mandates", "List mandates (委托)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListMandates), &pb.ListMandatesRequest{})
}

func mandateCommand(a *app) *cobra.Command {
	revoke := &pb.RevokeMandateRequest{}
	return group("mandate", "Act on one mandate (委托)",
		mandateCreate(a),
		request(a, "get ID", "Show a mandate",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetMandate), &pb.GetMandateRequest{}),
		reasoned(a, "revoke ID", "End a mandate and pause the offers that rely on it",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.RevokeMandate), revoke, &revoke.Reason))
}

func mandateCreate(a *app) *cobra.Command {
	in := &pb.CreateMandateRequest{}
	cmd := request(a, "create", "Record a producer's mandate for an agent to sell its goods",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.CreateMandate), in)
	cmd.Flags().StringVar(&in.ProducerMemberId, "producer", "", "member whose goods are sold")
	cmd.Flags().StringVar(&in.AgentMemberId, "agent", "", "member that sells them")
	validityVars(cmd, &in.ValidFrom, &in.ValidTo, " (default today)", " (default until revoked)")
	return require(cmd, "producer", "agent")
}
