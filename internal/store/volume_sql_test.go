package store

import (
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/exchange"
)

// A member's own volumes are found by its orders; where a filter lets others
// through, they are not.
func TestOwnVolumesAreFoundByOnesOrders(t *testing.T) {
	is := func(field string) exchange.Condition {
		return exchange.Condition{Op: exchange.OpEq, Field: field, Values: []any{"4b1f3e0e-7a44-4f0a-9d25-3d0cfd7a7f10"}}
	}
	all := func(op exchange.Op, parts ...exchange.Condition) exchange.Condition {
		return exchange.Condition{Op: op, Conditions: parts}
	}
	county := exchange.Condition{Op: exchange.OpPrefix, Field: "seller_county", Values: []any{"6106"}}
	for _, r := range []struct {
		name   string
		filter exchange.Condition
		orders int
	}{
		{"one side", is("buyer_id"), 1},
		{"either side", all(exchange.OpOr, is("buyer_id"), is("seller_id")), 2},
		{"either side, and more", all(exchange.OpAnd, county, all(exchange.OpOr, is("buyer_id"), is("seller_alliance_id"))), 2},
		{"or a county's", all(exchange.OpOr, is("buyer_id"), county), 0},
		{"not one's own", all(exchange.OpNot, is("buyer_id")), 0},
		{"a county's", county, 0},
	} {
		sql, _, err := volumeSQL(VolumeQuery{Filter: exchange.When{Condition: r.filter}, Limit: 1, Direct: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(sql, "FROM orders o"); got != r.orders {
			t.Errorf("%s is looked for by %d kinds of orders, want %d: %s", r.name, got, r.orders, sql)
		}
	}
}
