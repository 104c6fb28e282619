package authz

import (
	"context"
	"errors"
	"fmt"
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
	for name, list := range rules {
		rows, ok := list.([]any)
		if !ok {
			return fmt.Errorf("data: exchange.rules.%s is not a list", name)
		}
		for i := range rows {
			if err := checkRow(rows, i); err != nil {
				return fmt.Errorf("data: exchange.rules.%s, row %d: %w", name, i+1, err)
			}
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

// rowKeys are what a dated row is about, if it is about one thing of several.
var rowKeys = []string{"scheme", "category"}

func checkRow(rows []any, i int) error {
	row, ok := rows[i].(map[string]any)
	if !ok {
		return errors.New("it is not an object")
	}
	from, to, err := validity(row)
	if err != nil {
		return err
	}
	for _, earlier := range rows[:i] {
		other, _ := earlier.(map[string]any)
		otherFrom, otherTo, _ := validity(other)
		same := !slices.ContainsFunc(rowKeys, func(k string) bool { return row[k] != other[k] }) && overlap(row["classes"], other["classes"])
		if same && from <= otherTo && otherFrom <= to {
			return fmt.Errorf("its validity overlaps with that of an earlier row (%s to %s)", otherFrom, otherTo)
		}
	}
	return nil
}

// overlap says whether two rows are about a class that both name, or name none.
func overlap(a, b any) bool {
	these, _ := a.([]any)
	those, _ := b.([]any)
	return len(these) == 0 || slices.ContainsFunc(these, func(c any) bool { return slices.Contains(those, c) })
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
