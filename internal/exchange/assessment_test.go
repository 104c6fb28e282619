package exchange

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTheWeightsOfTheAssessmentAreDataAndAddUp(t *testing.T) {
	for year, want := range map[int]int64{2019: 0, 2020: 8000, 2021: 10_000, 2030: 10_000} {
		list, err := Indicators(year)
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, i := range list {
			sum += i.WeightBP
			if i.FullBP <= 0 || i.EN == "" || i.ZH == "" || i.Of == "" {
				t.Errorf("half an indicator: %+v", i)
			}
		}
		if sum != want {
			t.Errorf("the weights of %d add up to %d, want %d", year, sum, want)
		}
	}
}

func TestAnIndicatorEarnsItsWeightByWhatIsReached(t *testing.T) {
	i := Indicator{WeightBP: 2000, FullBP: 9500}
	for _, r := range []struct{ part, whole, actual, score int64 }{
		{0, 0, 0, 0}, {50, 0, 0, 0}, {-1, 100, 0, 0}, {95, 100, 9500, 2000}, {693, 100, 69_300, 2000}, {475, 1000, 4750, 1000}, {1, 3, 3333, 701},
	} {
		if s := i.Assess(r.part, r.whole); s.ActualBP != r.actual || s.ScoreBP != r.score {
			t.Errorf("%d of %d: actual %d, score %d, want %d and %d", r.part, r.whole, s.ActualBP, s.ScoreBP, r.actual, r.score)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		weight, full := rapid.Int64Range(0, wholeBP).Draw(t, "weight"), rapid.Int64Range(1, 10*wholeBP).Draw(t, "full")
		s := Indicator{WeightBP: weight, FullBP: full}.Assess(rapid.Int64().Draw(t, "part"), rapid.Int64().Draw(t, "whole"))
		if s.ScoreBP < 0 || s.ScoreBP > weight || (s.ActualBP >= full) != (s.ScoreBP == weight && s.ActualBP >= full) {
			t.Errorf("%+v", s)
		}
	})
	scores := []Score{{ScoreBP: 1000}, {ScoreBP: 701}}
	if total, err := TotalScore(scores); err != nil || total != 1701 {
		t.Errorf("total %d, %v", total, err)
	}
}
