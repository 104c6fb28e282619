package demo

import (
	"math"
	"testing"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

func TestYuanIsExact(t *testing.T) {
	for fen, want := range map[int64]string{
		0: "0.00 元", 5: "0.05 元", -5: "-0.05 元", 99_999: "999.99 元", 100_000: "1,000.00 元",
		-123_456_789: "-1,234,567.89 元", math.MaxInt64: "92,233,720,368,547,758.07 元", math.MinInt64: "-92,233,720,368,547,758.08 元",
	} {
		if got := yuan(fen); got != want {
			t.Errorf("yuan(%d) = %q, want %q", fen, got, want)
		}
	}
}

func TestNamesAreWithoutTheirPrefix(t *testing.T) {
	if got := nameOf(pb.OrderState_ORDER_STATE_PART_ACCEPTED); got != "PART_ACCEPTED" {
		t.Error(got)
	}
	if got := nameOf(pb.OrderState(99)); got != "99" {
		t.Error(got)
	}
}
