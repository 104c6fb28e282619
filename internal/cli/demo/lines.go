package demo

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// protoMessage is what every generated message is.
type protoMessage interface {
	ProtoReflect() protoreflect.Message
}

const fenPerYuan = 100

// yuan writes fen in yuan, with a comma after each thousand.
func yuan(fen int64) string {
	sign, size := "", uint64(fen)
	if fen < 0 {
		// Negating unsigned is right for the smallest number too.
		sign, size = "-", -size
	}
	whole := fmt.Sprint(size / fenPerYuan)
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return fmt.Sprintf("%s%s.%02d 元", sign, whole, size%fenPerYuan)
}

// nameOf is an enum value without its type's prefix, as people read it.
func nameOf(e protoreflect.Enum) string {
	value := e.Descriptor().Values().ByNumber(e.Number())
	if value == nil {
		return fmt.Sprint(e.Number())
	}
	unspecified := string(e.Descriptor().Values().ByNumber(0).Name())
	return strings.TrimPrefix(string(value.Name()), strings.TrimSuffix(unspecified, "UNSPECIFIED"))
}

func certificateLine(c *pb.Certificate) string {
	return fmt.Sprintf("certificate %s is %s: a year up to %d base units and %s, valid %s to %s",
		c.GetNumber(), nameOf(c.GetState()), c.GetAnnualQuantity(), yuan(c.GetAnnualValueFen()), c.GetValidFrom(), c.GetValidTo())
}

func offerLine(o *pb.Offer) string {
	return fmt.Sprintf("offer %s is %s: %d of %d × %s left at %s", o.GetId(), nameOf(o.GetState()),
		units(o.GetRemainingQuantity(), o.GetUnitQuantity()), units(o.GetQuantity(), o.GetUnitQuantity()), o.GetSalesUnit(), yuan(o.GetPriceFen()))
}

func orderLine(o *pb.Order) string {
	line := fmt.Sprintf("order %s is %s: %d × %s, %s", o.GetId(), nameOf(o.GetState()),
		units(o.GetQuantity(), o.GetUnitQuantity()), yuan(o.GetPriceFen()), yuan(o.GetAmountFen()))
	if o.GetAcceptedAmountFen() != 0 {
		line += fmt.Sprintf("; accepted %d, %s", units(o.GetAcceptedQuantity(), o.GetUnitQuantity()), yuan(o.GetAcceptedAmountFen()))
	}
	if o.GetPaidAmountFen() != 0 {
		line += "; paid " + yuan(o.GetPaidAmountFen())
	}
	return line
}

func units(quantity, unit int64) int64 {
	if unit <= 0 {
		return quantity
	}
	return quantity / unit
}

func warningsOf(warnings []*pb.Reason) string {
	var b strings.Builder
	for _, w := range warnings {
		fmt.Fprintf(&b, "; warning %s: %s", w.GetCode(), w.GetText())
	}
	return b.String()
}
