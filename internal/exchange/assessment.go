package exchange

import (
	_ "embed" // the indicators are data
	"encoding/json"
	"fmt"
	"math/bits"

	"github.com/sushaan/exchange/internal/ledger"
)

// Ratio names what an indicator divides by what, both sums of the ledger in fen.
type Ratio string

// The ratios.
const (
	TargetsReached      Ratio = "TARGETS" // of pairings, else of counties, else of provinces
	SettledOfAccepted   Ratio = "SETTLED_OF_ACCEPTED"
	CertifiedOfAccepted Ratio = "CERTIFIED_OF_ACCEPTED"
	ReservesReached     Ratio = "RESERVES"
)

// Indicator is a line of the assessment sheet (考核): its weight and the value
// that earns all of it, both in basis points. Years are inclusive; 0 is open.
type Indicator struct {
	Name     string `json:"name"`
	EN       string `json:"en"`
	ZH       string `json:"zh"`
	Of       Ratio  `json:"of"`
	WeightBP int64  `json:"weight_bp"`
	FullBP   int64  `json:"full_bp"`
	FromYear int    `json:"from_year"`
	ToYear   int    `json:"to_year"`
}

//go:embed assessment.json
var assessmentData []byte

// Indicators are those of a year. Their weights need not add up to the whole: an
// indicator that a year does not have earns nothing in it.
func Indicators(year int) ([]Indicator, error) {
	var all, of []Indicator
	if err := json.Unmarshal(assessmentData, &all); err != nil {
		return nil, fmt.Errorf("exchange: assessment.json: %w", err)
	}
	for _, i := range all {
		if i.FromYear <= year && (i.ToYear == 0 || year <= i.ToYear) {
			of = append(of, i)
		}
	}
	return of, nil
}

// Score is an indicator with its actual value and what it earns of its weight, in
// basis points, each rounded down.
type Score struct {
	Indicator
	Numerator, Denominator int64 // fen
	ActualBP, ScoreBP      int64
}

// Assess scores an indicator. Without a denominator nothing was to be done and
// nothing is earned.
func (i Indicator) Assess(numerator, denominator int64) Score {
	s := Score{Indicator: i, Numerator: numerator, Denominator: denominator, ActualBP: shareBP(numerator, denominator)}
	reached := min(s.ActualBP, i.FullBP)
	if i.FullBP > 0 {
		hi, lo := bits.Mul64(uint64(i.WeightBP), uint64(reached))
		q, _ := bits.Div64(hi, lo, uint64(i.FullBP))
		s.ScoreBP = int64(q)
	}
	return s
}

// TotalScore adds scores up.
func TotalScore(scores []Score) (int64, error) {
	var total int64
	var err error
	for _, s := range scores {
		if total, err = ledger.Add(total, s.ScoreBP); err != nil {
			return 0, err
		}
	}
	return total, nil
}
