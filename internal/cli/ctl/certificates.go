package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func certificatesCommand(a *app) *cobra.Command {
	suspend, reinstate, revoke := &pb.SuspendCertificateRequest{}, &pb.ReinstateCertificateRequest{}, &pb.RevokeCertificateRequest{}
	return group("certificates", "Certificates under which products trade (产品认定)",
		certificatesList(a),
		request(a, "get ID", "Show a certificate and what is left of its capacity",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.GetCertificate), &pb.GetCertificateRequest{}),
		certificatesCreate(a),
		request(a, "submit ID", "Hand a draft to the county authority",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.SubmitCertificate), &pb.SubmitCertificateRequest{}),
		request(a, "approve ID", "Decide for it, as the county",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ApproveCertificate), &pb.ApproveCertificateRequest{}),
		request(a, "publicise ID", "Put the decision up for objections (公示)",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.PubliciseCertificate), &pb.PubliciseCertificateRequest{}),
		request(a, "enforce ID", "Put it in force and open its annual capacity",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.EnforceCertificate), &pb.EnforceCertificateRequest{}),
		reasoned(a, "suspend ID", "Suspend it and pause every offer under it",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.SuspendCertificate), suspend, &suspend.Reason),
		reasoned(a, "reinstate ID", "End a suspension; offers stay paused until resumed",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ReinstateCertificate), reinstate, &reinstate.Reason),
		reasoned(a, "revoke ID", "End it for good and pause every offer under it",
			bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.RevokeCertificate), revoke, &revoke.Reason))
}

func certificatesList(a *app) *cobra.Command {
	in := &pb.ListCertificatesRequest{}
	cmd := request(a, "list", "List certificates",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.ListCertificates), in)
	cmd.Flags().StringVar(&in.ProductId, "product", "", "only of this product")
	enumVar(cmd, &in.State, "state", "only in this state")
	return cmd
}

func certificatesCreate(a *app) *cobra.Command {
	in := &pb.CreateCertificateRequest{}
	cmd := request(a, "create", "Draft a certificate for a product",
		bind(pb.NewCatalogServiceClient, pb.CatalogServiceClient.CreateCertificate), in)
	enumVar(cmd, &in.Scheme, "scheme", "scheme under which it is given")
	f := cmd.Flags()
	f.StringVar(&in.ProductId, "product", "", "product to certify")
	f.StringVar(&in.Number, "number", "", "number of the certificate")
	f.Int64Var(&in.AnnualQuantity, "annual-quantity", 0, "base units that may be offered in a calendar year")
	f.Int32Var(&in.HouseholdsBenefited, "households", 0, "households benefited")
	requiredMoneyVar(cmd, &in.AnnualValueFen, "annual-value", "value that may be offered in a calendar year")
	validityVars(cmd, &in.ValidFrom, &in.ValidTo, "", "")
	return require(cmd, "product", "scheme", "number", "annual-quantity", "valid-from", "valid-to")
}
