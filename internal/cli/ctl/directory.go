package ctl

import (
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// directoryCommand says who is who. A plural lists, a singular acts on one.
func directoryCommand(a *app) *cobra.Command {
	return group("directory", "Who is who: divisions, alliances, members, authorities, grants, mandates, issuers, roles",
		divisionsCommand(a), divisionCommand(a), pairingsCommand(a),
		alliancesCommand(a), allianceCommand(a),
		membersCommand(a), memberCommand(a),
		authoritiesCommand(a), authorityCommand(a),
		grantsCommand(a), grantCommand(a),
		mandatesCommand(a), mandateCommand(a),
		issuersCommand(a), issuerCommand(a),
		rolesCommand(a), roleCommand(a))
}

func divisionsCommand(a *app) *cobra.Command {
	in := &pb.ListDivisionsRequest{}
	cmd := request(a, "divisions", "List administrative divisions (行政区划)",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListDivisions), in)
	cmd.Flags().StringVar(&in.Parent, "parent", "", "only the children of this division")
	cmd.Flags().StringVar(&in.On, "on", "", "only those valid on this day, YYYY-MM-DD (default today)")
	return cmd
}

func divisionCommand(a *app) *cobra.Command {
	return request(a, "division CODE", "Show an administrative division",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetDivision), &pb.GetDivisionRequest{})
}

func pairingsCommand(a *app) *cobra.Command {
	in := &pb.ListPairingsRequest{}
	cmd := request(a, "pairings", "List pairings (结对关系) of Jiangsu units and Shaanxi counties",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListPairings), in)
	cmd.Flags().StringVar(&in.On, "on", "", "only those valid on this day, YYYY-MM-DD (default all)")
	return cmd
}

// reasoned is request for a step that must say why.
func reasoned[Q, R proto.Message](a *app, use, short string, call unary[Q, R], in Q, reason *string) *cobra.Command {
	cmd := request(a, use, short, call, in)
	reasonVar(cmd, reason)
	return require(cmd, "reason")
}

func reasonVar(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "why; it is kept and shown")
}

// searchVar gives a command the flag of a search.
func searchVar(cmd *cobra.Command, query *string) {
	cmd.Flags().StringVar(query, "search", "", "only with these words in the Chinese or English name, such as 洛川苹果 or \"fuji app\"")
}

// nameVars gives a command the flags of a name in both languages. The Chinese
// one is required.
func nameVars(cmd *cobra.Command, zh, en *string) {
	cmd.Flags().StringVar(zh, "name-zh", "", "name in Chinese")
	cmd.Flags().StringVar(en, "name-en", "", "name in English")
	require(cmd, "name-zh")
}

// validityVars gives a command the flags of a span of days.
func validityVars(cmd *cobra.Command, from, to *string, fromDefault, toDefault string) {
	cmd.Flags().StringVar(from, "valid-from", "", "first day, YYYY-MM-DD"+fromDefault)
	cmd.Flags().StringVar(to, "valid-to", "", "last day, YYYY-MM-DD"+toDefault)
}
