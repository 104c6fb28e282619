package exchange

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/sushaan/exchange/internal/fault"
)

// Goods are found by terms: of what is written in Chinese each character and each
// two that follow each other, since words are not set apart; of other writing the
// beginnings of each word. A name has the terms of every text that would find it,
// so that finding is a matter of equal terms: no collation and no extension of the
// database decides it.

const (
	// MaxQueryRunes bounds what can be searched for.
	MaxQueryRunes = 64
	// maxTermRunes bounds a term: longer words are alike if they begin alike.
	maxTermRunes = 16
	// maxNameTerms bounds the terms of a name. What goes beyond is not found.
	maxNameTerms = 512
)

// TermsVersion changes when terms of the same name do, so that those that are kept
// are made anew.
const TermsVersion = 1

// fold gives a text the form in which it is compared: full and half width, upper
// and lower case, and letters with and without marks are alike. ǚ is u, as it is typed.
func fold(s string) string {
	return cases.Fold().String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s)))
}

// isIdeograph says whether a character is a word by itself, or a part of one that
// nothing sets apart.
func isIdeograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo)
}

// runs takes a folded text apart into runs of ideographs and words of others.
func runs(s string, ideographs, word func([]rune)) {
	var run []rune
	var kind func([]rune)
	end := func() {
		if len(run) > 0 {
			kind(run)
		}
		run = nil
	}
	for _, r := range s {
		is := 0
		switch {
		case isIdeograph(r):
			is = 1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			is = 2
		}
		if is == 0 {
			end()
			continue
		}
		if len(run) > 0 && isIdeograph(run[0]) != (is == 1) {
			end()
		}
		run = append(run, r)
		kind = ideographs
		if is == 2 {
			kind = word
		}
	}
	end()
}

// NameTerms are the terms by which something with these names is found, sorted.
func NameTerms(names ...string) []string {
	terms := map[string]bool{}
	add := func(r []rune) {
		if len(terms) < maxNameTerms {
			terms[string(r)] = true
		}
	}
	for _, name := range names {
		runs(fold(name), func(run []rune) {
			for i := range run {
				add(run[i : i+1])
				if i+1 < len(run) {
					add(run[i : i+2])
				}
			}
		}, func(word []rune) {
			for n := 1; n <= min(len(word), maxTermRunes); n++ {
				add(word[:n])
			}
		})
	}
	return sortedTerms(terms)
}

// QueryTerms are the terms that something must have, all of them, to be found by a
// query, sorted. A query without a letter or a digit finds nothing, and is refused
// rather than taken for none.
func QueryTerms(field, query string) ([]string, error) {
	if query == "" {
		return nil, nil
	}
	if n := len([]rune(query)); n > MaxQueryRunes {
		return nil, fault.InField(field, fault.QueryInvalid, "rule", "it has at most 64 characters", "length", n)
	}
	terms := map[string]bool{}
	runs(fold(query), func(run []rune) {
		if len(run) == 1 {
			terms[string(run)] = true
		}
		for i := range len(run) - 1 {
			terms[string(run[i:i+2])] = true
		}
	}, func(word []rune) { terms[string(word[:min(len(word), maxTermRunes)])] = true })
	if len(terms) == 0 {
		return nil, fault.InField(field, fault.QueryInvalid, "rule", "it has a letter or a digit")
	}
	return sortedTerms(terms), nil
}

func sortedTerms(terms map[string]bool) []string {
	out := make([]string, 0, len(terms))
	for t := range terms {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}
