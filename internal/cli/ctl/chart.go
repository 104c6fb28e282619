package ctl

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

const (
	chartWidth = 48 // characters of the longest bar
	barPieces  = 8  // that a character can show of a bar
)

// pieces of a bar that is not whole, by eighths.
var pieces = [barPieces]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// chart draws volumes by month: a bar for each direction, all of them to one
// scale, with the amount in yuan. Each measure has a drawing of its own.
func (p *printer) chart(out *pb.QueryVolumesResponse) error {
	var b strings.Builder
	for _, measure := range measuresOf(out.GetVolumes()) {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		drawMeasure(&b, measure, out.GetVolumes())
	}
	if b.Len() == 0 {
		b.WriteString("nothing to draw\n")
	}
	if err := p.write([]byte(b.String())); err != nil {
		return err
	}
	return p.explanation(out)
}

func measuresOf(volumes []*pb.Volume) []pb.Measure {
	var measures []pb.Measure
	for _, v := range volumes {
		if !slices.Contains(measures, v.GetMeasure()) {
			measures = append(measures, v.GetMeasure())
		}
	}
	slices.Sort(measures)
	return measures
}

// directions of a chart, in the order in which they are drawn.
var directions = []struct {
	of    pb.Direction
	title string
}{{pb.Direction_DIRECTION_SN_TO_JS, sn2js}, {pb.Direction_DIRECTION_JS_TO_SN, js2sn}}

func drawMeasure(b *strings.Builder, measure pb.Measure, volumes []*pb.Volume) {
	type bar struct {
		month     string
		direction string
	}
	amounts, largest := map[bar]int64{}, int64(0)
	var months []string
	for _, v := range volumes {
		if v.GetMeasure() != measure {
			continue
		}
		month := v.GetKeys()["month"]
		if !slices.Contains(months, month) {
			months = append(months, month)
		}
		at := bar{month, v.GetKeys()["direction"]}
		amounts[at] += v.GetAmountFen()
		largest = max(largest, amounts[at])
	}
	slices.Sort(months)
	wide := 0
	for _, fen := range amounts {
		wide = max(wide, len(yuan(fen)))
	}
	fmt.Fprintf(b, "%s, yuan by month\n", enumText(measure.Descriptor(), measure.Number()))
	for _, month := range months {
		label := month
		for _, d := range directions {
			fen := amounts[bar{month, enumText(d.of.Descriptor(), d.of.Number())}]
			line := fmt.Sprintf("%s  %s  %*s  %s", text.Pad(label, len("2006-01"), ' '), text.Pad(d.title, text.StringWidthWithoutEscSequences(sn2js), ' '), wide, yuan(fen), barOf(fen, largest))
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			label = ""
		}
	}
}

// barOf is as long beside the longest bar as the amount is beside the largest.
func barOf(fen, largest int64) string {
	if fen <= 0 || largest <= 0 {
		return "" // a month of reversals has no bar; its amount is negative
	}
	// In integers, as all money is: an amount is divided before it is multiplied
	// where the product would be too large.
	const whole = chartWidth * barPieces
	eighths := 0
	if largest <= math.MaxInt64/whole {
		eighths = int(fen * whole / largest)
	} else {
		eighths = int(fen / (largest / whole))
	}
	eighths = max(1, min(eighths, whole))
	return strings.Repeat("█", eighths/barPieces) + pieces[eighths%barPieces]
}
