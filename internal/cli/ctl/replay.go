package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
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
	source := authz.LoaderOptions{Log: slog.New(slog.DiscardHandler)}
	var most int
	cmd := &cobra.Command{
		Use: "replay", Short: "Say what past decisions would have been under another policy set; changes nothing",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loader, err := authz.NewLoader(cmd.Context(), source, authz.Options{})
			if err != nil {
				return fmt.Errorf("the policy set in %s cannot be used: %w", source.Location, err)
			}
			r := newReplay(loader.Engine())
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
policy set of a folder or a bundle, on the facts and the day of then, and prints what
would change, by code, by obligation and by yuan. The candidate runs here, not on the
server.`
	cmd.Example = "  sushaanctl policy replay --bundle ./policies --from 2026-11-01 --to 2026-12-01"
	f := cmd.Flags()
	f.StringVar(&source.Location, "bundle", "", "the candidate policy set: a folder laid out like policies/, or an OPA bundle, a file or URL")
	f.StringVar(&source.KeyFile, "bundle-key", "", "PEM file of the key that the bundle must be signed by")
	f.StringVar(&source.KeyAlgorithm, "bundle-key-algorithm", "ES256", "of that signature")
	spanVars(cmd, &in.From, &in.To)
	f.StringVar(&in.Action, "action", "", "only decisions on this action")
	f.IntVar(&most, "max", 100_000, "decisions at most")
	return require(cmd, "bundle", "from")
}

// replayed is what a replay found. Amounts are those of the orders decided on,
// and of the offers where an offer was.
type replayed struct {
	Candidate  string    `json:"candidateRevision"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Decisions  counted   `json:"decisions"`
	Unchanged  counted   `json:"unchanged"`
	NowDenied  counted   `json:"nowDenied"`
	NowAllowed counted   `json:"nowAllowed"`
	OtherCodes counted   `json:"otherCodes"` // denied then and now, for other reasons
	Codes      []changes `json:"codes"`
	// OtherFollows are allowed then and now, with other obligations; Obligations
	// say with which.
	OtherFollows counted   `json:"otherObligations"`
	Obligations  []changes `json:"obligations"`
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

// changes are the decisions that would newly have a denial's code, or an
// obligation, and those that would no longer.
type changes struct {
	Name  string  `json:"name"`
	Added counted `json:"added"`
	Gone  counted `json:"gone"`
}

type replay struct {
	candidate *authz.Engine
	codes     map[string]*changes
	follows   map[string]*changes
	result    replayed
}

func newReplay(candidate *authz.Engine) *replay {
	return &replay{candidate: candidate, codes: map[string]*changes{}, follows: map[string]*changes{}, result: replayed{Candidate: candidate.Revision()}}
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
	follows, followed := obligedBy(now.Obligations), loggedObligations(d)
	r.result.Decisions.add(fen)
	switch {
	case d.GetAllow() && !now.Allow:
		r.result.NowDenied.add(fen)
	case !d.GetAllow() && now.Allow:
		r.result.NowAllowed.add(fen)
	case !maps.Equal(was, is):
		r.result.OtherCodes.add(fen)
	case now.Allow && followed != nil && !maps.Equal(followed, follows):
		r.result.OtherFollows.add(fen)
		compare(r.follows, followed, follows, fen)
	default:
		r.result.Unchanged.add(fen)
	}
	compare(r.codes, was, is, fen)
	r.result.Codes, r.result.Obligations = sortedChanges(r.codes), sortedChanges(r.follows)
	return nil
}

// compare counts what is and was not, and what was and is not.
func compare(all map[string]*changes, was, is map[string]bool, fen int64) {
	of := func(name string) *changes {
		if all[name] == nil {
			all[name] = &changes{Name: name}
		}
		return all[name]
	}
	for name := range is {
		if !was[name] {
			of(name).Added.add(fen)
		}
	}
	for name := range was {
		if !is[name] {
			of(name).Gone.add(fen)
		}
	}
}

func sortedChanges(all map[string]*changes) []changes {
	list := make([]changes, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[name])
	}
	return list
}

// obligedBy are obligations as a set of those that hold.
func obligedBy(o exchange.Obligations) map[string]bool {
	set := map[string]bool{}
	for name, holds := range map[string]bool{
		"collaboration": o.Collaboration, "counts_to_reserve": o.CountsToReserve, "needs_approval": o.NeedsApproval,
		"direction " + string(o.Direction): o.Direction != "",
	} {
		if holds {
			set[name] = true
		}
	}
	return set
}

// loggedObligations are those that were logged; nil: none were.
func loggedObligations(d *pb.Decision) map[string]bool {
	o := d.GetObligations()
	if o == nil {
		return nil
	}
	kept := exchange.Obligations{Collaboration: o.GetCollaboration(), CountsToReserve: o.GetCountsToReserve(), NeedsApproval: o.GetNeedsApproval()}
	if o.GetDirection() != pb.Direction_DIRECTION_UNSPECIFIED {
		kept.Direction = exchange.Direction(strings.TrimPrefix(o.GetDirection().String(), "DIRECTION_"))
	}
	return obligedBy(kept)
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
		rows := [][]string{{"what", "name", "added", "added_amount_fen", "gone", "gone_amount_fen"}}
		for _, list := range []struct {
			what string
			of   []changes
		}{{"code", r.Codes}, {"obligation", r.Obligations}} {
			for _, c := range list.of {
				rows = append(rows, []string{
					list.what, c.Name, strconv.Itoa(c.Added.Decisions), strconv.FormatInt(c.Added.AmountFen, 10),
					strconv.Itoa(c.Gone.Decisions), strconv.FormatInt(c.Gone.AmountFen, 10),
				})
			}
		}
		return p.csvLines(rows)
	}
	lines := [][]string{}
	for _, row := range []struct {
		what string
		counted
	}{
		{"decisions", r.Decisions}, {"unchanged", r.Unchanged}, {"now denied", r.NowDenied}, {"now allowed", r.NowAllowed},
		{"denied for other reasons", r.OtherCodes}, {"with other obligations", r.OtherFollows},
	} {
		lines = append(lines, []string{row.what, strconv.Itoa(row.Decisions), yuan(row.AmountFen)})
	}
	right := []bool{false, true, true}
	text := "candidate revision  " + oneLine(r.Candidate) + "\n\n" + layout([]string{"", "NUMBER", "YUAN"}, lines, right)
	text += changesTable("CODE", "WOULD-DENY", r.Codes) + changesTable("OBLIGATION", "WOULD-HAVE", r.Obligations)
	return p.write([]byte(text))
}

func changesTable(what, added string, list []changes) string {
	if len(list) == 0 {
		return ""
	}
	lines := [][]string{}
	for _, c := range list {
		lines = append(lines, []string{
			oneLine(c.Name), strconv.Itoa(c.Added.Decisions), yuan(c.Added.AmountFen), strconv.Itoa(c.Gone.Decisions), yuan(c.Gone.AmountFen),
		})
	}
	return "\n" + layout([]string{what, added, "YUAN", "NO-LONGER", "YUAN"}, lines, []bool{false, true, true, true, true})
}
