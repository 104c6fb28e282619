// Package fault holds the kinds of error of the exchange, their stable reason
// codes and the English and Chinese text of each code. It knows no transport:
// only package rpc turns a Kind into a status code.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind groups reason codes by what a caller can do about them.
type Kind int

// The kinds. Internal is the zero value, so that a forgotten kind is never
// mistaken for the caller's fault.
const (
	Internal        Kind = iota // a defect or an unknown state of ours
	Invalid                     // the input can never succeed as it is
	Unauthenticated             // who is asking is not proved
	Denied                      // policy forbids it
	NotFound                    // no such thing, or not visible to the caller
	Exists                      // it is there already
	Conflict                    // not in that state; a different request may succeed
	Exhausted                   // a limit is reached; retrying later may succeed
	Unavailable                 // a dependency is away; retrying may succeed
	Aborted                     // lost against concurrent work; retry at once
	Deadline                    // ran out of time
)

var kindNames = map[Kind]string{
	Internal: "internal", Invalid: "invalid", Unauthenticated: "unauthenticated", Denied: "denied",
	NotFound: "not_found", Exists: "exists", Conflict: "conflict", Exhausted: "exhausted",
	Unavailable: "unavailable", Aborted: "aborted", Deadline: "deadline",
}

func (k Kind) String() string { return kindNames[k] }

// Code is a stable reason code, part of the API's contract.
type Code string

// Facts are the values a code's text speaks of, by name.
type Facts map[string]string

// Reason is one code with its facts: a denial, a warning or an error.
type Reason struct {
	Code  Code  `json:"code"`
	Facts Facts `json:"facts,omitempty"`
}

// Text gives the reason in a language.
func (r Reason) Text(l Lang) string { return Text(r.Code, r.Facts, l) }

// Field names one wrong field of the input by its path in the API message.
type Field struct {
	Path   string
	Reason Reason
}

// Error is the only error type that leaves the business. Its code decides the
// kind. Cause is for logs and never reaches a caller.
type Error struct {
	Reason
	Fields  []Field  // wrong fields, for kind Invalid
	Denials []Reason // every denial of policy, the first of which is Reason
	Retry   time.Duration
	Cause   error
}

// Kind is the kind of the error's code.
func (e *Error) Kind() Kind { return KindOf(e.Code) }

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Text(English))
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Path, f.Reason.Text(English))
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, " (%v)", e.Cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a code. The facts come in pairs: name, value.
func New(code Code, facts ...any) *Error {
	return &Error{Reason: Because(code, facts...)}
}

// Wrap makes an error of a code that keeps its cause for the log.
func Wrap(cause error, code Code, facts ...any) *Error {
	return &Error{Reason: Because(code, facts...), Cause: cause}
}

// Because makes a reason. The facts come in pairs: name, value.
func Because(code Code, facts ...any) Reason {
	r := Reason{Code: code}
	if len(facts) == 0 {
		return r
	}
	r.Facts = make(Facts, len(facts)/2)
	for i := 0; i+1 < len(facts); i += 2 {
		r.Facts[fmt.Sprint(facts[i])] = fmt.Sprint(facts[i+1])
	}
	return r
}

// InField makes an INVALID_ARGUMENT error about one field.
func InField(path string, code Code, facts ...any) *Error {
	return InFields(Field{Path: path, Reason: Because(code, facts...)})
}

// InFields makes one error about several fields. The first field's code is the
// error's own, so that a caller who reads only the code still learns the rule.
func InFields(fields ...Field) *Error {
	if len(fields) == 0 {
		return New(InvalidArgument)
	}
	return &Error{Reason: fields[0].Reason, Fields: fields}
}

// Deny makes an error of all the denials of a decision.
func Deny(denials []Reason) *Error {
	if len(denials) == 0 {
		return New(PolicyUndefined)
	}
	return &Error{Reason: denials[0], Denials: slices.Clone(denials)}
}

// As finds the first *Error in a chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is says whether an error carries a code.
func Is(err error, code Code) bool {
	e, ok := As(err)
	return ok && e.Code == code
}

// Lang is a language of the texts.
type Lang string

// The languages of the texts.
const (
	English Lang = "en"
	Chinese Lang = "zh-CN"
)

// Text gives a code's text with its facts filled in. An unknown code is
// answered by itself: a reason is never lost for want of a translation.
func Text(code Code, facts Facts, l Lang) string {
	t, ok := texts[code]
	if !ok {
		return string(code)
	}
	s := t.en
	if l == Chinese {
		s = t.zh
	}
	for name, value := range facts {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// KindOf is the kind of a code; an unknown code is Internal.
func KindOf(code Code) Kind { return texts[code].kind }

// Codes lists every code, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(texts)) }
