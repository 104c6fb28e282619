package ctl

import (
	"math"
	"testing"
)

func TestYuan(t *testing.T) {
	for fen, want := range map[int64]string{
		0: "0.00", 5: "0.05", 99: "0.99", 100: "1.00", 123456: "1234.56",
		-1: "-0.01", -100: "-1.00", -12345: "-123.45",
		math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	} {
		if got := yuan(fen); got != want {
			t.Errorf("%d fen is %s, want %s", fen, got, want)
		}
	}
}

func TestParseYuan(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "12": 1200, "12.5": 1250, "12.05": 1205, "0.01": 1, "007": 700, "92233720368547758.07": math.MaxInt64,
	} {
		if got, err := parseYuan(s); err != nil || got != want {
			t.Errorf("%s is %d fen, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", ".", "1.", ".5", "1.234", "-1", "+1", "1e3", "1,000", "¥1", "1.-5", " 1", "92233720368547758.08"} {
		if got, err := parseYuan(s); err == nil {
			t.Errorf("%q is taken for %d fen", s, got)
		}
	}
}
