package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/sushaan/exchange/internal/seal"
	"github.com/sushaan/exchange/internal/store"
)

// checkTime is for one statement of the check: it may take longer than one that
// a caller waits for.
const checkTime = 10 * time.Minute

// Report is what a drill found. Times are in milliseconds.
type Report struct {
	Drill      Kind           `json:"drill"`
	Away       []string       `json:"away"`
	Phases     []phase        `json:"phases"`
	Total      phase          `json:"total"`
	StallMS    int64          `json:"longest_stall_ms"` // in which nothing was acknowledged
	Errors     map[string]int `json:"errors"`           // failed attempts by code
	Orders     int            `json:"acknowledged_orders"`
	Lost       []string       `json:"acknowledged_but_lost"`
	Checks     int            `json:"checks"`
	Violations []string       `json:"violations"`
}

// check recomputes every invariant, at the first database that answers.
func check(ctx context.Context, urls []string) (checks int, violations []string, err error) {
	var away []error
	for _, url := range urls {
		s, err := store.Open(ctx, store.Config{URL: url, MaxConns: 4, StatementTimeout: checkTime})
		if err != nil {
			away = append(away, err)
			continue
		}
		defer s.Close()
		if err := s.Ready(ctx); err != nil {
			away = append(away, err)
			continue
		}
		results, err := s.Check(ctx)
		if err != nil {
			return 0, nil, err
		}
		sealed, err := seal.Check(ctx, s)
		results = append(results, sealed...)
		for _, r := range results {
			for _, v := range r.Violations {
				violations = append(violations, r.Invariant+": "+v)
			}
		}
		return len(results), violations, err
	}
	return 0, nil, errors.Join(away...)
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	out := *r
	// Nothing lost is a list without anything in it.
	if out.Lost == nil {
		out.Lost = []string{}
	}
	if out.Violations == nil {
		out.Violations = []string{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// Table writes the report for people.
func (r *Report) Table(w io.Writer) {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"PHASE", "SECONDS", "REQUESTS", "ACKNOWLEDGED", "RETRIED", "FAILED", "MEDIAN", "SLOWEST"})
	var right []table.ColumnConfig
	for column := 2; column <= 8; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	for _, p := range append(slices.Clone(r.Phases), r.Total) {
		t.AppendRow(table.Row{p.Name, p.Seconds, p.Requests, p.Acknowledged, p.Retried, p.Failed, millis(p.MedianMS), millis(p.SlowestMS)})
	}
	fmt.Fprintf(w, "%s: away: %s\n%s\n\n", r.Drill, strings.Join(r.Away, ", "), t.Render())
	errs := "none"
	if len(r.Errors) > 0 {
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
			parts = append(parts, fmt.Sprintf("%s %d×", kind, r.Errors[kind]))
		}
		errs = strings.Join(parts, ", ")
	}
	fmt.Fprintf(w, "failed attempts: %s\nlongest stall: %s without an acknowledgement\n", errs, millis(r.StallMS))
	fmt.Fprintf(w, "acknowledged but lost: %d of %d orders\n", len(r.Lost), r.Orders)
	for _, l := range r.Lost {
		fmt.Fprintf(w, "  %s\n", l)
	}
	if len(r.Violations) == 0 {
		fmt.Fprintf(w, "check: %d checks, no violation\n", r.Checks)
		return
	}
	fmt.Fprintf(w, "check: %d violations\n", len(r.Violations))
	for _, v := range r.Violations {
		fmt.Fprintf(w, "  %s\n", v)
	}
}

func millis(ms int64) string { return fmt.Sprintf("%d ms", ms) }
