package ctl

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// countTo makes a list of so many orders whose page tokens are numbers.
func (f *fake) countTo(total int) {
	f.answer["ListOrders"] = func(m proto.Message) (proto.Message, error) {
		in := m.(*pb.ListOrdersRequest)
		start, _ := strconv.Atoi(in.GetPageToken())
		size := int(in.GetPageSize())
		if size == 0 {
			size = 50
		}
		out := &pb.ListOrdersResponse{}
		for i := start; i < min(start+size, total); i++ {
			out.Orders = append(out.Orders, &pb.Order{Id: fmt.Sprint("o", i)})
		}
		if start+size < total {
			out.NextPageToken = strconv.Itoa(start + size)
		}
		return out, nil
	}
}

func TestPages(t *testing.T) {
	f := newFake(t)
	f.countTo(250)
	for _, tc := range []struct {
		args        string
		first, rows int
		calls       int
		note        string
	}{
		{"", 0, 50, 1, "note: there is more; go on with --page-token 50 or --all\n"},
		{"--page-size 7", 0, 7, 1, "note: there is more; go on with --page-token 7 or --all\n"},
		{"--page-token 240", 240, 10, 1, ""},
		{"--all", 0, 250, 3, ""},
		{"--all --page-size 200", 0, 250, 2, ""},
		{"--limit 120", 0, 120, 2, "note: there is more; go on with --page-token 120 or a higher --limit\n"},
		{"--all --limit 250", 0, 250, 3, ""},
		{"--all --limit 249", 0, 249, 3, "note: there is more; go on with --page-token 249 or a higher --limit\n"},
		{"--all --page-token 200", 200, 50, 1, ""},
	} {
		t.Run(tc.args, func(t *testing.T) {
			before := len(f.heard())
			r := run(t, words("orders list -o csv "+tc.args)...)
			lines := strings.Split(strings.TrimSuffix(r.stdout, "\r\n"), "\r\n")[1:]
			if r.exit != exitDone || len(lines) != tc.rows || r.stderr != tc.note {
				t.Errorf("exit %d, %d rows, stderr %q", r.exit, len(lines), r.stderr)
			}
			for i, line := range lines {
				if !strings.HasPrefix(line, fmt.Sprintf("o%d,", tc.first+i)) {
					t.Fatalf("row %d is %s", i, line)
				}
			}
			if n := len(f.heard()) - before; n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
		})
	}
}

func TestAllInJSONIsOneAnswer(t *testing.T) {
	f := newFake(t)
	f.countTo(150)
	out := ok(t, "orders", "list", "--all", "-o", "json")
	if strings.Count(out, `"id"`) != 150 || strings.Count(out, `"nextPageToken": ""`) != 1 {
		t.Errorf("%d orders", strings.Count(out, `"id"`))
	}
}

func TestServerThatRepeatsItsToken(t *testing.T) {
	f := newFake(t)
	f.says("ListOrders", &pb.ListOrdersResponse{NextPageToken: "x"})
	if r := run(t, "orders", "list", "--all"); r.exit != exitFailed || !strings.Contains(r.stderr, "page token again") {
		t.Errorf("%+v", r)
	}
}
