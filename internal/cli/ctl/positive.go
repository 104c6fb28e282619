package ctl

import (
	"errors"
	"strconv"
)

// positive is a flag that takes a whole number above 0.
type positive int64

func (v *positive) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return errors.New("must be a whole number above 0")
	}
	*v = positive(n)
	return nil
}

// String is empty for zero, so that help shows no default.
func (v *positive) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*v), 10)
}

func (*positive) Type() string { return "int" }
