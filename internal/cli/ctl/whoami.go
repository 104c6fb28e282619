package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func whoamiCommand(a *app) *cobra.Command {
	return request(a, "whoami", "Show whom your token speaks for",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.WhoAmI), &pb.WhoAmIRequest{})
}
