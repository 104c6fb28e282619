package ctl

import (
	"errors"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sushaan/exchange/internal/exchange"
)

// instantVar gives a command a flag over an instant: RFC 3339, or a day for its
// first moment in China's time.
func instantVar(cmd *cobra.Command, p **timestamppb.Timestamp, name, usage string) {
	cmd.Flags().Var(&instantValue{p}, name, usage+", RFC 3339 or YYYY-MM-DD (China's time)")
}

type instantValue struct{ p **timestamppb.Timestamp }

func (v *instantValue) Set(s string) error {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, s, exchange.China)
	}
	if err != nil {
		return errors.New("is neither a time such as 2026-11-24T09:00:00+08:00 nor a day such as 2026-11-24")
	}
	*v.p = timestamppb.New(t)
	return nil
}

func (v *instantValue) String() string {
	if v.p == nil || *v.p == nil {
		return ""
	}
	return (*v.p).AsTime().Format(time.RFC3339Nano)
}

func (*instantValue) Type() string { return "time" }
