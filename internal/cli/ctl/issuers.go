package ctl

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func issuersCommand(a *app) *cobra.Command {
	return request(a, "issuers", "List issuers of tokens",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ListIssuers), &pb.ListIssuersRequest{})
}

func issuerCommand(a *app) *cobra.Command {
	replace, disable := &pb.ReplaceIssuerKeysRequest{}, &pb.DisableIssuerRequest{}
	return group("issuer", "Act on one issuer of tokens",
		issuerRegister(a),
		request(a, "get ID", "Show an issuer",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.GetIssuer), &pb.GetIssuerRequest{}),
		withKeys(a, "replace-keys ID", "Replace an issuer's keys",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.ReplaceIssuerKeys), replace, &replace.Jwks, &replace.JwksUrl),
		reasoned(a, "disable ID", "Refuse an issuer's tokens from now on",
			bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.DisableIssuer), disable, &disable.Reason))
}

func issuerRegister(a *app) *cobra.Command {
	in := &pb.RegisterIssuerRequest{}
	cmd := withKeys(a, "register", "Register an issuer: whose tokens are accepted, and for whom they may speak",
		bind(pb.NewDirectoryServiceClient, pb.DirectoryServiceClient.RegisterIssuer), in, &in.Jwks, &in.JwksUrl)
	cmd.Flags().StringVar(&in.Url, "url", "", "iss claim of its tokens")
	cmd.Flags().StringVar(&in.AllianceId, "alliance", "", "alliance for whose members it speaks")
	cmd.Flags().StringVar(&in.AuthorityId, "authority", "", "authority for which it speaks")
	cmd.MarkFlagsMutuallyExclusive("alliance", "authority")
	cmd.MarkFlagsOneRequired("alliance", "authority")
	return require(cmd, "url")
}

// withKeys is request for a step that takes a key set, from a file or by URL.
func withKeys[Q, R proto.Message](
	a *app, use, short string, call unary[Q, R], in Q, jwks, url *string,
) *cobra.Command {
	var file string
	read := func(context.Context) error {
		if file == "" {
			return nil
		}
		content, err := a.open(file)
		*jwks = string(content)
		return err
	}
	cmd := requestThen(a, use, short, call, in, read, func(out R) error { return a.printer().message(out) })
	cmd.Flags().StringVar(&file, "jwks-file", "", `file with the JWK set, public keys only; "-" is stdin`)
	cmd.Flags().StringVar(url, "jwks-url", "", "URL from which the server fetches the JWK set")
	cmd.MarkFlagsMutuallyExclusive("jwks-file", "jwks-url")
	cmd.MarkFlagsOneRequired("jwks-file", "jwks-url")
	return cmd
}
