package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func membersCommand(a *app) *cobra.Command {
	in := &pb.ListMembersRequest{}
	cmd := request(a, "members", "List members (成员单位)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListMembers), in)
	cmd.Flags().StringVar(&in.AllianceId, "alliance", "", "only of this alliance")
	return cmd
}

func memberCommand(a *app) *cobra.Command {
	suspend, reinstate := &pb.SuspendMemberRequest{}, &pb.ReinstateMemberRequest{}
	return group("member", "Act on one member (成员单位)",
		memberAdmit(a),
		request(a, "get ID", "Show a member",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetMember), &pb.GetMemberRequest{}),
		reasoned(a, "suspend ID", "Stop a member from trading and pause its offers",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.SuspendMember), suspend, &suspend.Reason),
		reasoned(a, "reinstate ID", "Let a suspended member trade again",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ReinstateMember), reinstate, &reinstate.Reason))
}

func memberAdmit(a *app) *cobra.Command {
	in := &pb.AdmitMemberRequest{}
	cmd := request(a, "admit", "Take an organisation into an alliance",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.AdmitMember), in)
	cmd.Flags().StringVar(&in.AllianceId, "alliance", "", "alliance to enter")
	cmd.Flags().StringVar(&in.CreditCode, "credit-code", "", "unified social credit code (统一社会信用代码)")
	nameVars(cmd, &in.NameZh, &in.NameEn)
	enumVar(cmd, &in.Class, "class", "class of the organisation")
	cmd.Flags().StringVar(&in.DivisionCode, "division", "", "its division, GB/T 2260")
	return require(cmd, "alliance", "credit-code", "class", "division")
}
