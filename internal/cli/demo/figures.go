package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// cell names a figure: which direction, which measure.
type cell struct{ direction, measure string }

// volumesBy asks for the volumes of both directions by month, as a person sees
// them.
func (s *stage) volumesBy(ctx context.Context, who string) ([]*pb.Volume, answered, error) {
	out, told, err := call[*pb.QueryVolumesResponse](ctx, s.client, asked{token: s.people[who].token}, &pb.QueryVolumesRequest{
		GroupBy: []pb.Dimension{pb.Dimension_DIMENSION_MONTH, pb.Dimension_DIMENSION_DIRECTION},
	})
	return out.GetVolumes(), told, err
}

// totals adds volumes up over the months.
func totals(volumes []*pb.Volume) map[cell]int64 {
	sums := map[cell]int64{}
	for _, v := range volumes {
		sums[cell{v.GetKeys()["direction"], nameOf(v.GetMeasure())}] += v.GetAmountFen()
	}
	return sums
}

// showVolumes prints the volume table and proves that each measure grew by just
// what was traded since before.
func (s *stage) showVolumes(ctx context.Context, who string, before map[cell]int64, orders []*pb.Order) error {
	volumes, told, err := s.volumesBy(ctx, who)
	if err != nil {
		s.step(who, told, "NOT AS EXPECTED: "+err.Error())
		return err
	}
	s.step(who, told, "volumes (协作量) by month and direction:")
	s.say("%s", volumeTable(volumes))
	after := totals(volumes)
	for _, o := range orders {
		for _, measure := range measures {
			before[cell{nameOf(o.GetDirection()), nameOf(measure)}] += o.GetAcceptedAmountFen()
		}
	}
	for c, want := range before {
		if after[c] != want {
			return fmt.Errorf("volume %s %s is %s, wanted %s", c.measure, c.direction, yuan(after[c]), yuan(want))
		}
	}
	return nil
}

// measures in the order in which a trade reaches them.
var measures = [...]pb.Measure{pb.Measure_MEASURE_CONTRACTED, pb.Measure_MEASURE_ACCEPTED, pb.Measure_MEASURE_SETTLED}

// volumeTable sets volumes out with a row for each month and direction and a
// column for each measure.
func volumeTable(volumes []*pb.Volume) string {
	type row struct{ month, direction string }
	figures := map[row]map[pb.Measure]int64{}
	orders := map[row]int64{}
	var rows []row
	for _, v := range volumes {
		r := row{v.GetKeys()["month"], v.GetKeys()["direction"]}
		if figures[r] == nil {
			figures[r] = map[pb.Measure]int64{}
			rows = append(rows, r)
		}
		figures[r][v.GetMeasure()] += v.GetAmountFen()
		orders[r] = max(orders[r], v.GetOrders())
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.month+a.direction, b.month+b.direction) })
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"     MONTH", "DIRECTION", "ORDERS", "CONTRACTED", "ACCEPTED", "SETTLED"})
	for _, r := range rows {
		line := table.Row{"     " + r.month, directionText(r.direction), orders[r]}
		for _, m := range measures {
			line = append(line, yuan(figures[r][m]))
		}
		t.AppendRow(line)
	}
	var right []table.ColumnConfig
	for column := 3; column <= 6; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	return t.Render()
}

func directionText(direction string) string {
	switch direction {
	case "SN_TO_JS":
		return direction + " 陕货进苏"
	case "JS_TO_SN":
		return direction + " 苏货入陕"
	default:
		return direction
	}
}

// clearing is one account that must stand where it stood: what was accepted has
// been paid.
type clearing struct {
	who  string
	kind pb.AccountKind
	fen  int64
}

func clearingAccounts(deals ...deal) []clearing {
	var accounts []clearing
	for _, d := range deals {
		accounts = append(accounts,
			clearing{who: d.seller, kind: pb.AccountKind_ACCOUNT_KIND_CLEARING_SELLER},
			clearing{who: d.buyer, kind: pb.AccountKind_ACCOUNT_KIND_CLEARING_BUYER})
	}
	return accounts
}

// standing reads the balances before the story. An account without an entry has
// none, and counts as zero here.
func (s *stage) standing(ctx context.Context, accounts []clearing) error {
	for i, a := range accounts {
		out, _, err := call[*pb.GetBalanceResponse](ctx, s.client, asked{token: s.people[a.who].token},
			&pb.GetBalanceRequest{AccountKind: a.kind})
		if isRefusal(err, fault.AsOfInvalid) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: balance: %w", a.who, err)
		}
		accounts[i].fen = out.GetBalanceFen()
	}
	return nil
}

// showClearing proves that the accounts are where they were: zero, unless
// somebody traded on this data by hand.
func (s *stage) showClearing(ctx context.Context, accounts []clearing) error {
	for _, a := range accounts {
		_, err := act(ctx, s, a.who, &pb.GetBalanceRequest{AccountKind: a.kind}, func(out *pb.GetBalanceResponse) (string, error) {
			line := fmt.Sprintf("%s of %s: %s after %d entries", nameOf(a.kind), a.who, yuan(out.GetBalanceFen()), out.GetEntries())
			if out.GetBalanceFen() != a.fen {
				return "", fmt.Errorf("%s, wanted %s", line, yuan(a.fen))
			}
			return line, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
