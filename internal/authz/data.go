package authz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// checkData refuses dated rows whose days are no days, or which hold for the
// same thing at the same time: a question would then have two answers.
func checkData(ctx context.Context, data map[string]any) error {
	rules, ok := dig(data, "exchange", "rules")
	if !ok {
		return errors.New("data: exchange.rules is missing")
	}
	if err := matchRules(ctx, rules); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		rows, ok := rules[name].([]any)
		if !ok {
			return fmt.Errorf("data: exchange.rules.%s is not a list", name)
		}
		if row, err := checkTable(rows); err != nil {
			return fmt.Errorf("data: exchange.rules.%s, row %d: %w", name, row+1, err)
		}
	}
	return nil
}

func dig(data map[string]any, keys ...string) (map[string]any, bool) {
	for _, k := range keys {
		inner, ok := data[k].(map[string]any)
		if !ok {
			return nil, false
		}
		data = inner
	}
	return data, true
}

// rowKeys are what a dated row is about, if it is about one thing of several. A
// row about several classes is about each of them.
var (
	rowKeys   = []string{"scheme", "category", "division", "binding", "buyers", "origin"}
	rowGroups = []string{"classes", "buyer_classes"}
)

// everyClass stands for all classes, in a list of them.
const everyClass = "*"

// held is when a row of a table holds for one thing.
type held struct {
	row      int
	from, to string
}

// checkTable tells the first row that is wrong, and how. It sorts the rows about
// each thing by their days: big tables take no longer than they must.
func checkTable(rows []any) (int, error) {
	about := map[string]map[string][]held{} // by key, then class
	for i, r := range rows {
		row, ok := r.(map[string]any)
		if !ok {
			return i, errors.New("it is not an object")
		}
		from, to, err := validity(row)
		if err != nil {
			return i, err
		}
		key := ""
		for _, k := range rowKeys {
			key += fmt.Sprintf("%v\x00", row[k])
		}
		if about[key] == nil {
			about[key] = map[string][]held{}
		}
		for _, class := range classesOf(row) {
			about[key][class] = append(about[key][class], held{i, from, to})
		}
	}
	worst, overlap := -1, error(nil)
	for _, classes := range about {
		for class, list := range classes {
			if class != everyClass {
				list = slices.Concat(list, classes[everyClass])
			}
			if row, err := overlapping(list); err != nil && (worst < 0 || row < worst) {
				worst, overlap = row, err
			}
		}
	}
	return worst, overlap
}

func classesOf(row map[string]any) []string {
	for _, group := range rowGroups {
		list, _ := row[group].([]any)
		classes := make([]string, 0, len(list))
		for _, c := range list {
			classes = append(classes, fmt.Sprint(c))
		}
		if len(classes) > 0 {
			slices.Sort(classes)
			return slices.Compact(classes)
		}
	}
	return []string{""}
}

// overlapping tells the later of two rows that hold on the same day.
func overlapping(list []held) (int, error) {
	slices.SortFunc(list, func(a, b held) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.row, b.row)) })
	for i := 1; i < len(list); i++ {
		if first, next := list[i-1], list[i]; next.from <= first.to {
			if first.row > next.row {
				first, next = next, first
			}
			return next.row, fmt.Errorf("its validity overlaps with that of row %d (%s to %s)", first.row+1, first.from, first.to)
		}
	}
	return 0, nil
}

func validity(row map[string]any) (from, to string, err error) {
	from, _ = row["valid_from"].(string)
	to, _ = row["valid_to"].(string)
	if to == "" {
		to = "9999-12-31"
	}
	for _, d := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return from, to, fmt.Errorf("%q is not a day", d)
		}
	}
	if to < from {
		return from, to, errors.New("it ends before it begins")
	}
	return from, to, nil
}
