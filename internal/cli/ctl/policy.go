package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func policyCommand(a *app) *cobra.Command {
	return group("policy", "Ask what policy says", policyExplain(a), policyRules(a), policyDecisions(a), policyReplay(a))
}

func policyRules(a *app) *cobra.Command {
	in := &pb.ListRulesRequest{}
	call := bind(pb.NewPolicyServiceClient, pb.PolicyServiceClient.ListRules)
	cmd := command("rules", "Show the rules that the server decides by: all, or those of one code", in,
		func(ctx context.Context) error {
			// A book is read whole: its pages are followed unless one is asked for.
			a.flags.all = a.flags.all || (a.flags.pageSize == 0 && a.flags.pageToken == "")
			out, err := send(ctx, a, call, in)
			if err != nil {
				return err
			}
			if in.GetCode() != "" && a.flags.output == formatTable {
				return a.printer().rules(out.GetRules())
			}
			return a.printer().message(out)
		})
	run := cmd.RunE
	cmd.Use, cmd.Args = "rules [CODE]", cobra.MaximumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			in.Code = strings.ToUpper(args[0])
		}
		return run(cmd, nil)
	}
	cmd.Example = "  sushaanctl policy rules\n  sushaanctl policy rules NO_GRANT --lang zh-CN"
	return cmd
}

// rules prints rules one below the other, with all that is known of them.
func (p *printer) rules(rules []*pb.Rule) error {
	for i, r := range rules {
		text := fieldLines(r.ProtoReflect())
		if i > 0 {
			text = "\n" + text
		}
		if err := p.write([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

func policyExplain(a *app) *cobra.Command {
	in := &pb.ExplainRequest{}
	cmd := requestThen(a, "explain ACTION", "Say whether you may do something, and why not; exits 3 when denied",
		bind(pb.NewPolicyServiceClient, pb.PolicyServiceClient.Explain), in, nil,
		func(out *pb.ExplainResponse) error {
			if err := a.printer().decision(out); err != nil {
				return err
			}
			if !out.GetAllow() {
				return errDenied
			}
			return nil
		})
	cmd.Example = "  sushaanctl policy explain order.place --offer 61-0f3c… --quantity 50000 --reserve\n" +
		"  sushaanctl policy explain order.place --offer 61-0f3c… --at 2020-06-01 --trace"
	f := cmd.Flags()
	instantVar(cmd, &in.At, "at", "ask about another time, whose rules and facts then answer (default now)")
	f.BoolVar(&in.Trace, "trace", false, "show how policy came to its answer, step by step")
	for _, about := range []struct {
		id          *string
		name, usage string
	}{
		{&in.OfferId, "offer", "offer that the action is about"},
		{&in.OrderId, "order", "order that the action is about"},
		{&in.CertificateId, "certificate", "certificate that the action is about"},
		{&in.ProductId, "product", "offer.create, certificate.create, lot.create, contract.propose, intent.record: the product"},
		{&in.DemandId, "demand", "demand that the action is about; quote.seal: that is quoted on"},
		{&in.GroupId, "group", "group buy that the action is about"},
		{&in.StandingOrderId, "standing", "standing order that the action is about"},
		{&in.ReliefId, "relief", "declaration for the relief zone that the action is about"},
		{&in.BeforeOfferId, "before", "relief.declare: the earlier offer"},
		{&in.Until, "until", "relief.declare, relief.amend: last day in the zone, YYYY-MM-DD"},
		{&in.QuoteId, "quote", "quote that the action is about"},
		{&in.LimitId, "limit", "spending limit that the action is about"},
		{&in.LotId, "lot", "lot that the action is about; offer.create: the lot"},
		{&in.ContractId, "contract", "forward contract that the action is about"},
		{&in.IntentId, "intent", "intent that the action is about"},
		{&in.PayerConsentId, "payer-consent", "payer.revoke: the consent"},
		{&in.MemberId, "member", "member that the action is about; role.assign: whose subject; contract.propose, intent.record: the other side; payer.consent: who may buy"},
		{&in.AllianceId, "alliance", "member.admit, issuer.register: the alliance"},
		{&in.AuthorityId, "authority", "issuer.register: the authority"},
		{&in.GrantId, "grant", "grant that the action is about"},
		{&in.MandateId, "mandate", "mandate that the action is about"},
		{&in.IssuerId, "issuer", "issuer that the action is about"},
		{&in.RoleAssignmentId, "role-assignment", "role.revoke: the assignment"},
		{&in.SellerAllianceId, "seller-alliance", "grant.create: who grants"},
		{&in.BuyerAllianceId, "buyer-alliance", "grant.create: who is granted"},
		{&in.ProducerMemberId, "producer", "mandate.create: who mandates"},
		{&in.AgentMemberId, "agent", "mandate.create: who is mandated"},
		{&in.ReservePlanId, "reserve-plan", "order.place, reserve.withdraw: the reserve plan"},
		{&in.PeriodId, "period", "steps of a period: which, as 2026-11 or 2026"},
		{&in.AccountOwner, "owner", "ledger.balance: the account's owner (default yourself)"},
	} {
		f.StringVar(about.id, about.name, "", about.usage)
	}
	f.Int32Var(&in.DaysOfStock, "days-of-stock", 0, "relief.declare, relief.amend: days for which the stock lasts")
	enumVar(cmd, &in.Scheme, "scheme", "certificate.create: the scheme")
	f.Int64Var(&in.Quantity, "quantity", 0, "order.place: base units")
	f.StringVar(&in.ConsigneeCode, "consignee", "", "order.place: county of the consignee")
	f.StringVar(&in.DeliverBy, "deliver-by", "", "order.place: promised day, YYYY-MM-DD")
	f.BoolVar(&in.Reserve, "reserve", false, "order.place: it is to fill your reserve")
	enumVar(cmd, &in.Purpose, "purpose", "order.place: what the goods are for")
	forOthers(cmd, &in.PayerMemberId, &in.ConsigneeName, &in.DonationFen, &in.PairTags)
	return cmd
}

// decision prints what policy says: for eyes line by line, in CSV one row a
// reason.
func (p *printer) decision(out *pb.ExplainResponse) error {
	verdict := "DENIED"
	if out.GetAllow() {
		verdict = "ALLOWED"
	}
	switch p.format {
	case formatJSON, formatYAML:
		return p.whole(out)
	case formatCSV, formatXLSX:
		return p.csvLines(decisionRows(verdict, out))
	}
	lines := []string{verdict}
	lines = append(lines, reasonLines("denial", out.GetDenials())...)
	lines = append(lines, reasonLines("warning", out.GetWarnings())...)
	if o := out.GetObligations(); o != nil && out.GetAllow() {
		lines = append(lines, "", strings.TrimRight(fieldLines(o.ProtoReflect()), "\n"))
	}
	for _, r := range out.GetRules() {
		lines = append(lines, oneLine("rule  "+r.GetCode()+": "+ruleText(r)))
	}
	if day := out.GetDay(); day != "" {
		lines = append(lines, "rules of  "+oneLine(day))
	}
	if rev := out.GetPolicyRevision(); rev != "" {
		lines = append(lines, "policy revision  "+oneLine(rev))
	}
	lines = append(lines, traceLines(out)...)
	return p.write([]byte(strings.Join(lines, "\n") + "\n"))
}

// ruleText tells a rule of policy and where it is.
func ruleText(r *pb.Rule) string {
	return fmt.Sprintf("%s (%s:%d; %s)", r.GetTitle(), r.GetFile(), r.GetLine(), r.GetSource())
}

// traceLines are the steps of the evaluation, each made safe for a terminal.
func traceLines(out *pb.ExplainResponse) []string {
	if out.GetTrace() == "" {
		return nil
	}
	lines := []string{""}
	for step := range strings.SplitSeq(strings.TrimRight(out.GetTrace(), "\n"), "\n") {
		lines = append(lines, strings.TrimRight(oneLine("|"+step), " ")[1:])
	}
	if cut := out.GetTraceCut(); cut > 0 {
		lines = append(lines, fmt.Sprintf("… and %d steps more", cut))
	}
	return lines
}

func reasonLines(kind string, reasons []*pb.Reason) []string {
	lines := make([]string, len(reasons))
	for i, r := range reasons {
		lines[i] = oneLine(kind + "  " + r.GetCode() + ": " + r.GetText())
	}
	return lines
}

func decisionRows(verdict string, out *pb.ExplainResponse) [][]string {
	rows := [][]string{{"decision", "kind", "code", "text"}}
	for _, r := range out.GetDenials() {
		rows = append(rows, []string{verdict, "denial", r.GetCode(), r.GetText()})
	}
	for _, r := range out.GetWarnings() {
		rows = append(rows, []string{verdict, "warning", r.GetCode(), r.GetText()})
	}
	if len(rows) == 1 {
		rows = append(rows, []string{verdict, "", "", ""})
	}
	for _, r := range out.GetRules() {
		rows = append(rows, []string{verdict, "rule", r.GetCode(), ruleText(r)})
	}
	for _, step := range traceLines(out) {
		rows = append(rows, []string{verdict, "trace", "", step})
	}
	return rows
}
