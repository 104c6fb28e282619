package daemon

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/store"
)

const regionsHelp = `Regions puts a migrated database into regions of its CockroachDB cluster, or changes
where it is: a region is added, a province moved. It can be run again; what is in
place is left alone, and a run that broke off is finished by the next. Reads and
writes go on meanwhile. Of a province that moves, and of tables that get their
regions for the first time, every row is written anew: on large tables that takes
long, and the command shows how far it is.

Surviving the loss of a region takes three regions, one of which may be a mere
witness. With --show it changes nothing and says where everything is.`

const placementExample = `  sushaand migrate regions --primary cn-east-jiangsu --region cn-northwest-shaanxi --region cn-central-henan \
    --province 32=cn-east-jiangsu --province 61=cn-northwest-shaanxi --survive region
  sushaand migrate regions --show`

// stepTimeout is for one change of schema: on a large table it writes every row.
const stepTimeout = 12 * time.Hour

func migrateRegionsCommand(a *app) *cobra.Command {
	var p store.Placement
	var url, survive string
	var show bool
	var step time.Duration
	cmd := command("regions", "Put the database into regions, or show where it is", func(ctx context.Context) error {
		p.Survive = store.Survival(survive)
		if url == "" {
			url = os.Getenv(databaseEnv)
		}
		switch {
		case url == "":
			return usagef("no database: give --database-url or set %s", databaseEnv)
		case !show && p.Primary == "":
			return usagef("give --primary, --region and --province, or --show")
		}
		s, err := store.Open(ctx, store.Config{URL: url, MaxConns: 4, StatementTimeout: step})
		if err != nil {
			return err
		}
		defer s.Close()
		if show {
			return a.showPlacement(ctx, s)
		}
		return s.Place(ctx, p, func(format string, args ...any) { a.print("%s", oneLine(fmt.Sprintf(format, args...))) })
	})
	cmd.Long, cmd.Example = regionsHelp, placementExample
	f := cmd.Flags()
	databaseFlag(cmd, &url)
	f.StringVar(&p.Primary, "primary", "", "region of what belongs to no province")
	f.StringSliceVar(&p.Regions, "region", nil, "a further region; may be repeated")
	f.StringToStringVar(&p.Provinces, "province", nil, "a province and its region, as 32=cn-east-jiangsu; may be repeated")
	f.StringVar(&survive, "survive", string(store.SurviveRegion), "what the database outlives: the loss of a zone or of a region")
	f.BoolVar(&show, "show", false, "change nothing; show where the database is and what is not yet in place")
	f.DurationVar(&step, "step-timeout", stepTimeout, "longest time of one change of schema")
	return cmd
}

// showPlacement prints where everything is. What is not in place is not an
// error: it may be on its way.
func (a *app) showPlacement(ctx context.Context, s *store.Store) error {
	p, err := s.ShowPlacement(ctx)
	if err != nil {
		return err
	}
	if p.Wanted.Primary == "" {
		a.print("the database was never placed: sushaand migrate regions --help")
		return nil
	}
	for _, of := range []struct {
		name string
		p    store.Placement
	}{{"wanted", p.Wanted}, {"actual", p.Actual}} {
		a.print("%s: primary %s, regions %s, survives the loss of a %s%s", of.name, of.p.Primary, strings.Join(of.p.Regions, ", "), of.p.Survive, provincesText(of.p.Provinces))
	}
	var rows [][]string
	open := 0
	for _, t := range p.Tables {
		state := "in place"
		if t.Missing != "" {
			open++
			state = "missing: " + t.Missing
		}
		rows = append(rows, []string{t.Table, t.Wanted, t.Actual, t.Leaseholders, t.Replicas, state})
	}
	a.table([]string{"TABLE", "WANTED", "ACTUAL", "LEASEHOLDERS", "REPLICAS", "STATE"}, rows)
	if p.Missing != "" {
		a.print("not in place: %s", p.Missing)
	}
	a.print("%d of %d tables in place", len(p.Tables)-open, len(p.Tables))
	return nil
}

func provincesText(provinces map[string]string) string {
	var b strings.Builder
	for _, province := range slices.Sorted(maps.Keys(provinces)) {
		fmt.Fprintf(&b, ", %s in %s", province, provinces[province])
	}
	return b.String()
}
