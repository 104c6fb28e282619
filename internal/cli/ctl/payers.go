package ctl

import (
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// forOthers gives a command the flags of an order whose payer, buyer and consignee
// are three.
func forOthers(cmd *cobra.Command, payer, consignee *string, donation *int64, pairs *[]string) {
	f := cmd.Flags()
	f.StringVar(payer, "payer", "", "member that pays, which has consented (default the buyer)")
	f.StringVar(consignee, "consignee-name", "", "to whom the goods go")
	moneyVar(cmd, donation, "donation", "given to the seller beside the amount (以购代捐)")
	f.StringSliceVar(pairs, "pair", nil, "pair (结对) that the purchase is made for, one at most")
}

func payersCommand(a *app) *cobra.Command {
	return group("payers", "Consents of members to pay for others (付款授权)",
		request(a, "list", "List the consents that you may see",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.ListPayerConsents), &pb.ListPayerConsentsRequest{}),
		payersConsent(a),
		request(a, "revoke ID", "Take a consent of your member back",
			bind(pb.NewOrderServiceClient, pb.OrderServiceClient.RevokePayerConsent), &pb.RevokePayerConsentRequest{}))
}

func payersConsent(a *app) *cobra.Command {
	in := &pb.GivePayerConsentRequest{}
	cmd := request(a, "consent", "Let another member of your alliance buy at your member's expense",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GivePayerConsent), in)
	f := cmd.Flags()
	f.StringVar(&in.BuyerMemberId, "buyer", "", "member that may buy")
	requiredMoneyVar(cmd, &in.LimitFen, "up-to", "limit of all its orders at your expense")
	f.StringVar(&in.ValidFrom, "from", "", "first day, YYYY-MM-DD (default from now on)")
	f.StringVar(&in.ValidTo, "to", "", "last day, YYYY-MM-DD (default until it is taken back)")
	return require(cmd, "buyer")
}

func ordersPayDonation(a *app) *cobra.Command {
	in := &pb.PayDonationRequest{}
	cmd := request(a, "pay-donation ID", "Record the donation of an order (以购代捐), as its payer",
		bind(pb.NewOrderServiceClient, pb.OrderServiceClient.PayDonation), in)
	cmd.Flags().StringVar(&in.BankReference, "bank-reference", "", "the bank's reference of the transfer")
	return require(cmd, "bank-reference")
}
