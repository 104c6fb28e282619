package ctl

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const fenPerYuan = 100

// yuan writes fen in yuan with two decimals.
func yuan(fen int64) string {
	sign, size := "", uint64(fen)
	if fen < 0 {
		// Negating unsigned is right for the smallest number too.
		sign, size = "-", -size
	}
	return fmt.Sprintf("%s%d.%02d", sign, size/fenPerYuan, size%fenPerYuan)
}

// percent writes basis points in per cent: as many decimals as yuan have.
func percent(bp int64) string { return yuan(bp) + " %" }

// errYuan is what is wrong with an amount in yuan.
var errYuan = errors.New("is not an amount in yuan such as 12 or 12.50")

// parseYuan reads an amount in yuan, exactly.
func parseYuan(s string) (int64, error) {
	whole, decimals, point := strings.Cut(s, ".")
	if !digits(whole) || point && (!digits(decimals) || len(decimals) > 2) {
		return 0, errYuan
	}
	fen, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("is more than %s yuan", yuan(math.MaxInt64))
	}
	return fen, nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// moneyVar gives a command two flags for one amount: --name in yuan, as tables
// show it, and --name-fen, as the API carries it.
func moneyVar(cmd *cobra.Command, fen *int64, name, usage string) {
	cmd.Flags().Var((*yuanValue)(fen), name, usage+", in yuan")
	cmd.Flags().Int64Var(fen, name+"-fen", 0, usage+", in fen")
	cmd.MarkFlagsMutuallyExclusive(name, name+"-fen")
}

// requiredMoneyVar is moneyVar where one of the two must be given.
func requiredMoneyVar(cmd *cobra.Command, fen *int64, name, usage string) {
	moneyVar(cmd, fen, name, usage)
	cmd.MarkFlagsOneRequired(name, name+"-fen")
}

// yuanValue is a flag in yuan over an amount in fen.
type yuanValue int64

func (v *yuanValue) Set(s string) error {
	fen, err := parseYuan(s)
	if err != nil {
		return err
	}
	*v = yuanValue(fen)
	return nil
}

// String is empty for zero, so that help shows no default.
func (v *yuanValue) String() string {
	if *v == 0 {
		return ""
	}
	return yuan(int64(*v))
}

func (*yuanValue) Type() string { return "yuan" }
