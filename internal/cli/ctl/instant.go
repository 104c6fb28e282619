package ctl

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sushaan/exchange/internal/exchange"
)

// instantVar gives a command a flag over an instant: RFC 3339, or a day for its
// first moment in China's time.
func instantVar(cmd *cobra.Command, p **timestamppb.Timestamp, name, usage string) {
	cmd.Flags().Var(&instantValue{p}, name, usage+", "+instantForms)
}

const instantForms = "RFC 3339 or YYYY-MM-DD (China's time)"

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

// asOfVar gives a command the flag that says what it reads as of.
func asOfVar(cmd *cobra.Command, at **timestamppb.Timestamp, position *int64) {
	cmd.Flags().Var(&asOfValue{at, position}, "as-of", "instant or position of the log to read as of (default now): "+instantForms+", or a number")
}

// asOfValue is a flag over what something is as of: an instant, or a position of
// the log, which is a number.
type asOfValue struct {
	at       **timestamppb.Timestamp
	position *int64
}

func (v *asOfValue) Set(s string) error {
	*v.at, *v.position = nil, 0
	if !digits(s) {
		return (&instantValue{v.at}).Set(s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n == 0 {
		return fmt.Errorf("%s is not a position of the log: it counts transactions, from 1", s)
	}
	*v.position = n
	return nil
}

func (v *asOfValue) String() string {
	if v.position != nil && *v.position != 0 {
		return strconv.FormatInt(*v.position, 10)
	}
	return (&instantValue{v.at}).String()
}

func (*asOfValue) Type() string { return "time|position" }
