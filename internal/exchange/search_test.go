package exchange

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sushaan/exchange/internal/fault"
)

func finds(query string, names ...string) bool {
	terms, err := QueryTerms("query", query)
	have := NameTerms(names...)
	return err == nil && len(terms) > 0 && !slices.ContainsFunc(terms, func(t string) bool {
		_, ok := slices.BinarySearch(have, t)
		return !ok
	})
}

func TestGoodsAreFoundByWhatTheirNamesHave(t *testing.T) {
	names := []string{"洛川红富士苹果（80mm）", "Luòchuān Fuji APPLES, Grade-A 80mm ｘ１２"}
	for _, query := range []string{
		"苹果", "苹", "洛川", "洛川 苹果", "苹果 洛川", "红富士苹果", "洛川红富士苹果", "apple", "APPLES", "app", "luochuan", "luòchuān", "LUOCHUAN fuji",
		"ｆｕｊｉ", "grade-a", "grade a", "80mm", "８０ｍｍ", "x12", "苹果fuji", "苹果80", "富士，苹果",
	} {
		if !finds(query, names...) {
			t.Errorf("%q finds nothing", query)
		}
	}
	for _, query := range []string{"苹果汁", "川红果", "果苹", "梨", "pples", "fujis", "apple juice", "洛川 juice", "mm", "12"} {
		if finds(query, names...) {
			t.Errorf("%q finds them", query)
		}
	}
}

func TestAQueryThatCannotFindIsRefused(t *testing.T) {
	for _, query := range []string{" ", "，。", "%_", "́", strings.Repeat("苹", MaxQueryRunes+1)} {
		terms, err := QueryTerms("query", query)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.QueryInvalid || terms != nil {
			t.Errorf("%q: %v, %v", query, terms, err)
		}
	}
	if terms, err := QueryTerms("query", ""); terms != nil || err != nil {
		t.Errorf("no query: %v, %v", terms, err)
	}
}

// Whatever a name is, a part of it that begins where a word does finds it, its
// terms are bounded, plain and the same in every width and case.
func FuzzTerms(f *testing.F) {
	for _, s := range []string{"洛川苹果", "Fuji apples", "苹果apple梨", "ǅ ß ﬁ İ", "ｱｲｳ", "가각", "e\u0301", "\u0301", "a\xff", "𠀀𠀁", "١٢٣", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms := NameTerms(s)
		if len(terms) > maxNameTerms || !slices.IsSorted(terms) {
			t.Fatalf("%d terms of %q: %q", len(terms), s, terms)
		}
		for _, term := range terms {
			if n := len([]rune(term)); n == 0 || n > maxTermRunes {
				t.Errorf("term %q of %q", term, s)
			}
		}
		if again := NameTerms(fold(s)); !slices.Equal(again, terms) {
			t.Errorf("%q: %q, folded %q", s, terms, again)
		}
		if query, err := QueryTerms("query", s); err == nil && query != nil && len(terms) < maxNameTerms && !finds(s, s) {
			t.Errorf("%q does not find itself: %q of %q", s, query, terms)
		}
	})
}
