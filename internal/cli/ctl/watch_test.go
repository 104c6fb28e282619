package ctl

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// hasty runs the program with waits that a test can sit through.
func hasty(ctx context.Context, args ...string) result {
	var stdout, stderr strings.Builder
	a := newApp(strings.NewReader(""), &stdout, &stderr)
	a.pace = pace{first: time.Millisecond, longest: 5 * time.Millisecond, silence: 200 * time.Millisecond}
	exit := a.run(ctx, args)
	return result{exit, stdout.String(), stderr.String()}
}

func orderEvent(position string) *pb.WatchOrdersResponse {
	return &pb.WatchOrdersResponse{Position: position, Event: &pb.OrderEvent{
		Id: "e" + position, Kind: "order.confirmed", Time: &timestamppb.Timestamp{Seconds: 1764000000},
		Order: &pb.Order{Id: "61-o" + position, State: pb.OrderState_ORDER_STATE_CONFIRMED, Quantity: 5, AmountFen: 1250},
	}}
}

func heartbeat(position string) *pb.WatchOrdersResponse {
	return &pb.WatchOrdersResponse{Position: position}
}

func positions(f *fake) string {
	var all []string
	for _, h := range f.heard() {
		all = append(all, textOf(h.in, "position"))
	}
	return strings.Join(all, ",")
}

func TestWatchResumesWhereItBrokeOff(t *testing.T) {
	f := newFake(t)
	connection := 0
	f.stream = func(_ proto.Message, _ context.Context, send func(proto.Message)) error {
		connection++
		switch connection {
		case 1:
			send(heartbeat("p0"))
			send(orderEvent("p1"))
			return status.Error(codes.Unavailable, "restart")
		case 2:
			send(heartbeat("p2"))
			return nil // a server that just ends it
		default:
			send(orderEvent("p3"))
			send(orderEvent("p4"))
			send(orderEvent("p5"))
			return nil
		}
	}
	r := hasty(t.Context(), "orders", "watch", "--position", "start", "--count", "3")
	if r.exit != exitDone {
		t.Errorf("%+v", r)
	}
	same(t, "events", r.stdout, `
2025-11-25T00:00:00+08:00  order.confirmed  61-op1  CONFIRMED  5  12.50
2025-11-25T00:00:00+08:00  order.confirmed  61-op3  CONFIRMED  5  12.50
2025-11-25T00:00:00+08:00  order.confirmed  61-op4  CONFIRMED  5  12.50
`[1:])
	same(t, "positions asked for", positions(f), "start,p1,p2")
}

func TestWatchFormats(t *testing.T) {
	f := newFake(t)
	f.stream = func(_ proto.Message, _ context.Context, send func(proto.Message)) error {
		send(orderEvent("p1"))
		send(heartbeat("p1"))
		send(orderEvent("p2"))
		return nil
	}
	lines := strings.Split(strings.TrimSpace(hasty(t.Context(), "orders", "watch", "--count", "2", "-o", "json").stdout), "\n")
	if len(lines) != 2 {
		t.Fatalf("lines %q", lines)
	}
	for i, line := range lines {
		var got struct{ Position string }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Position != []string{"p1", "p2"}[i] {
			t.Errorf("line %q: %v", line, err)
		}
	}
	lines = strings.Split(strings.TrimSpace(hasty(t.Context(), "orders", "watch", "--count", "2", "-o", "csv").stdout), "\r\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "position,event.id,event.kind,event.time,event.order.id,") || !strings.HasPrefix(lines[2], "p2,ep2,") {
		t.Errorf("lines %q", lines)
	}
	if out := hasty(t.Context(), "orders", "watch", "--count", "2", "-o", "yaml").stdout; strings.Count(out, "---\n") != 1 {
		t.Errorf("yaml:\n%s", out)
	}
}

func TestWatchUntilInterrupted(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.stream = func(_ proto.Message, stream context.Context, send func(proto.Message)) error {
		send(orderEvent("p1"))
		time.AfterFunc(50*time.Millisecond, cancel)
		<-stream.Done()
		return stream.Err()
	}
	r := hasty(ctx, "orders", "watch")
	if r.exit != exitDone || r.stderr != "note: go on with --position p1\n" || !strings.Contains(r.stdout, "61-op1") {
		t.Errorf("%+v", r)
	}
}

func TestWatchThatIsRefusedEnds(t *testing.T) {
	f := newFake(t)
	f.stream = func(proto.Message, context.Context, func(proto.Message)) error {
		return failure(t, codes.PermissionDenied, "not a member", reason("NOT_MEMBER"))
	}
	if r := hasty(t.Context(), "offers", "watch"); r.exit != exitDenied || r.stderr != "error: NOT_MEMBER: not a member\n" {
		t.Errorf("%+v", r)
	}
}

func TestWatchLeavesASilentStream(t *testing.T) {
	f := newFake(t)
	var connection atomic.Int32
	f.stream = func(_ proto.Message, stream context.Context, send func(proto.Message)) error {
		if connection.Add(1) == 1 {
			<-stream.Done()
			return stream.Err()
		}
		send(orderEvent("p1"))
		return nil
	}
	r := hasty(t.Context(), "orders", "watch", "--count", "1")
	if r.exit != exitDone || !strings.Contains(r.stderr, "went silent") || !strings.Contains(r.stdout, "61-op1") {
		t.Errorf("%+v", r)
	}
}

func TestWaitIsBounded(t *testing.T) {
	p := defaultPace()
	for attempt := range 100 {
		if w := p.wait(attempt); w < p.first/2 || w > p.longest {
			t.Fatalf("attempt %d waits %v", attempt, w)
		}
	}
}
