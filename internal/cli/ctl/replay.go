package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/authz"
)

func policyDecisions(a *app) *cobra.Command {
	in := &pb.ListDecisionsRequest{}
	cmd := request(a, "decisions", "Read the log of policy's decisions, the latest first",
		bind(pb.NewPolicyServiceClient, pb.PolicyServiceClient.ListDecisions), in)
	spanVars(cmd, &in.From, &in.To)
	f := cmd.Flags()
	f.StringVar(&in.Action, "action", "", "only of this action, such as order.place")
	f.StringVar(&in.ActorId, "actor", "", "only of this member or authority")
	f.BoolVar(&in.DeniedOnly, "denied", false, "only denials")
	f.BoolVar(&in.WithInput, "with-input", false, "with the facts that were decided on")
	return cmd
}

func spanVars(cmd *cobra.Command, from, to **timestamppb.Timestamp) {
	instantVar(cmd, from, "from", "start of the span, inclusive")
	instantVar(cmd, to, "to", "end of the span, exclusive (default now)")
}

// replayPage is how many decisions are fetched at once: as many as the server
// gives with their inputs.
const replayPage = 200

func policyReplay(a *app) *cobra.Command {
	in := &pb.ListDecisionsRequest{WithInput: true, PageSize: replayPage}
	var bundle string
	var most int
	cmd := &cobra.Command{
		Use: "replay", Short: "Say what past decisions would have been under another policy set; changes nothing",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			candidate, err := authz.New(cmd.Context(), authz.Options{FS: os.DirFS(bundle)})
			if err != nil {
				return fmt.Errorf("the policy set in %s cannot be used: %w", bundle, err)
			}
			r := newReplay(candidate)
			if err := r.run(cmd.Context(), a, in, most); err != nil {
				return err
			}
			if r.result.Decisions.Decisions == 0 {
				a.note("note: there is no decision in this span that you may read")
			}
			return a.printer().replay(&r.result)
		},
	}
	cmd.Long = `Replay fetches the decisions of a span from the server, decides each again under the
policy set of a folder, on the facts and the day of then, and prints what would
change, by code and by yuan. The candidate runs here, not on the server.`
	cmd.Example = "  sushaanctl policy replay --bundle ./policies --from 2026-11-01 --to 2026-12-01"
	f := cmd.Flags()
	f.StringVar(&bundle, "bundle", "", "folder of the candidate policy set, laid out like policies/")
	spanVars(cmd, &in.From, &in.To)
	f.StringVar(&in.Action, "action", "", "only decisions on this action")
	f.IntVar(&most, "max", 100_000, "decisions at most")
	return require(cmd, "bundle", "from")
}

// replayed is what a replay found. Amounts are those of the orders decided on,
// and of the offers where an offer was.
type replayed struct {
	Candidate  string        `json:"candidateRevision"`
	From       time.Time     `json:"from"`
	To         time.Time     `json:"to"`
	Decisions  counted       `json:"decisions"`
	Unchanged  counted       `json:"unchanged"`
	NowDenied  counted       `json:"nowDenied"`
	NowAllowed counted       `json:"nowAllowed"`
	OtherCodes counted       `json:"otherCodes"` // denied then and now, for other reasons
	Codes      []codeChanges `json:"codes"`
	// Complete is false where --max was reached first.
	Complete bool `json:"complete"`
}

// counted is a number of decisions and what they were about in fen.
type counted struct {
	Decisions int   `json:"decisions"`
	AmountFen int64 `json:"amountFen,string"`
}

// add counts one decision. An amount that no longer fits stays at the most that
// does, rather than turn negative.
func (c *counted) add(fen int64) {
	c.Decisions++
	if c.AmountFen += fen; c.AmountFen < 0 {
		c.AmountFen = 1<<63 - 1
	}
}

// codeChanges are the decisions that a code would newly deny, and those that it
// would no longer.
type codeChanges struct {
	Code  string  `json:"code"`
	Added counted `json:"added"`
	Gone  counted `json:"gone"`
}

type replay struct {
	candidate *authz.Engine
	codes     map[string]*codeChanges
	result    replayed
}

func newReplay(candidate *authz.Engine) *replay {
	return &replay{candidate: candidate, codes: map[string]*codeChanges{}, result: replayed{Candidate: candidate.Revision()}}
}

// run fetches the decisions page by page and replays each.
func (r *replay) run(ctx context.Context, a *app, in *pb.ListDecisionsRequest, most int) error {
	if in.GetTo() == nil {
		in.To = timestamppb.Now()
	}
	r.result.From, r.result.To = in.GetFrom().AsTime(), in.GetTo().AsTime()
	if most < 1 || r.result.To.Before(r.result.From) {
		return usagef("--max must be at least 1, and --to not before --from")
	}
	bar := newBar(a.stderr, "replaying", int64(r.result.To.Sub(r.result.From)))
	defer bar.end()
	call := bind(pb.NewPolicyServiceClient, pb.PolicyServiceClient.ListDecisions)
	for {
		page, err := invoke(ctx, a, call, in)
		if err != nil {
			return err
		}
		for _, d := range page.GetDecisions() {
			if r.result.Decisions.Decisions == most {
				a.note("note: there are more than %d decisions; narrow the span or raise --max", most)
				return nil
			}
			if err := r.one(ctx, d); err != nil {
				return fmt.Errorf("decision %s: %w", d.GetId(), err)
			}
			bar.at(int64(r.result.To.Sub(d.GetTime().AsTime()))) // from the latest to the earliest
		}
		if page.GetNextPageToken() == "" {
			r.result.Complete = true
			return nil
		}
		if page.GetNextPageToken() == in.GetPageToken() {
			return errors.New("the server gave the same page token again")
		}
		in.PageToken = page.GetNextPageToken()
	}
}

// one replays a decision and counts what changed.
func (r *replay) one(ctx context.Context, d *pb.Decision) error {
	now, err := r.candidate.Replay(ctx, []byte(d.GetInput()))
	if err != nil {
		return err
	}
	fen, err := amountOf(d)
	if err != nil {
		return err
	}
	was, is := map[string]bool{}, map[string]bool{}
	for _, reason := range d.GetDenials() {
		was[reason.GetCode()] = true
	}
	for _, reason := range now.Denials {
		is[string(reason.Code)] = true
	}
	r.result.Decisions.add(fen)
	switch {
	case d.GetAllow() && !now.Allow:
		r.result.NowDenied.add(fen)
	case !d.GetAllow() && now.Allow:
		r.result.NowAllowed.add(fen)
	case !maps.Equal(was, is):
		r.result.OtherCodes.add(fen)
	default:
		r.result.Unchanged.add(fen)
	}
	for code := range is {
		if !was[code] {
			r.code(code).Added.add(fen)
		}
	}
	for code := range was {
		if !is[code] {
			r.code(code).Gone.add(fen)
		}
	}
	r.result.Codes = r.result.Codes[:0]
	for _, code := range slices.Sorted(maps.Keys(r.codes)) {
		r.result.Codes = append(r.result.Codes, *r.codes[code])
	}
	return nil
}

func (r *replay) code(code string) *codeChanges {
	if r.codes[code] == nil {
		r.codes[code] = &codeChanges{Code: code}
	}
	return r.codes[code]
}

// amountOf is what a decision was about, in fen: the order, or else the offer
// where the action was on one.
func amountOf(d *pb.Decision) (int64, error) {
	var in struct {
		Order *struct {
			AmountFen int64 `json:"amount_fen"`
		} `json:"order"`
		Offer *struct {
			ValueFen int64 `json:"value_fen"`
		} `json:"offer"`
	}
	if err := json.Unmarshal([]byte(d.GetInput()), &in); err != nil {
		return 0, fmt.Errorf("its input cannot be read: %w", err)
	}
	noun, _, _ := strings.Cut(d.GetAction(), ".")
	switch {
	case noun == "order" && in.Order != nil:
		return in.Order.AmountFen, nil
	case noun == "offer" && in.Offer != nil:
		return in.Offer.ValueFen, nil
	}
	return 0, nil
}

// replay prints what a replay found; in CSV the rows by code.
func (p *printer) replay(r *replayed) error {
	switch p.format {
	case formatJSON, formatYAML:
		return p.value(r)
	case formatCSV, formatXLSX:
		rows := [][]string{{"code", "added", "added_amount_fen", "gone", "gone_amount_fen"}}
		for _, c := range r.Codes {
			rows = append(rows, []string{
				c.Code, strconv.Itoa(c.Added.Decisions), strconv.FormatInt(c.Added.AmountFen, 10),
				strconv.Itoa(c.Gone.Decisions), strconv.FormatInt(c.Gone.AmountFen, 10),
			})
		}
		return p.csvLines(rows)
	}
	lines := [][]string{}
	for _, row := range []struct {
		what string
		counted
	}{
		{"decisions", r.Decisions}, {"unchanged", r.Unchanged}, {"now denied", r.NowDenied}, {"now allowed", r.NowAllowed},
		{"denied for other reasons", r.OtherCodes},
	} {
		lines = append(lines, []string{row.what, strconv.Itoa(row.Decisions), yuan(row.AmountFen)})
	}
	right := []bool{false, true, true}
	text := "candidate revision  " + oneLine(r.Candidate) + "\n\n" + layout([]string{"", "NUMBER", "YUAN"}, lines, right)
	if len(r.Codes) > 0 {
		lines = nil
		for _, c := range r.Codes {
			lines = append(lines, []string{
				oneLine(c.Code), strconv.Itoa(c.Added.Decisions), yuan(c.Added.AmountFen),
				strconv.Itoa(c.Gone.Decisions), yuan(c.Gone.AmountFen),
			})
		}
		text += "\n" + layout([]string{"CODE", "WOULD-DENY", "YUAN", "NO-LONGER", "YUAN"}, lines, []bool{false, true, true, true, true})
	}
	return p.write([]byte(text))
}
