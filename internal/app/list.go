package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// list pages through the rows of a noun that the caller may see: the filter is
// policy's, by partial evaluation of the rule that also governs a get.
func list[T any](ctx context.Context, a *App, noun authz.Noun, paging Paging, narrow store.Narrow,
	query func(context.Context, store.List) ([]T, error), keyOf func(T) store.Key,
) (Page[T], error) {
	var none Page[T]
	p, err := PrincipalOf(ctx)
	if err != nil {
		return none, err
	}
	size, err := a.pageSize(paging.Size)
	if err != nil {
		return none, err
	}
	pin := pinOf(string(noun), narrow)
	if len(paging.Terms) > 0 {
		pin = pinOf(string(noun), []any{narrow, paging.Terms})
	}
	after, err := readToken(paging.Token, pin)
	if err != nil {
		return none, err
	}
	filter, err := a.policy.Filter(ctx, noun, p, a.now())
	if err != nil {
		return none, err
	}
	// One row more than asked for tells whether there is a next page.
	rows, err := query(ctx, store.List{Filter: filter, Narrow: narrow, Terms: paging.Terms, Also: paging.Also, After: after, Limit: size + 1})
	if err != nil {
		return none, err
	}
	return pageOf(rows, size, pin, keyOf), nil
}

func pageOf[T any](rows []T, size int, pin string, keyOf func(T) store.Key) Page[T] {
	if len(rows) <= size {
		return Page[T]{Items: rows}
	}
	rows = rows[:size]
	return Page[T]{Items: rows, Next: writeToken(keyOf(rows[size-1]), pin)}
}

func (a *App) pageSize(asked int) (int, error) {
	switch {
	case asked < 0, asked > a.limits.MaxPageSize:
		return 0, fault.InField("page_size", fault.PageSizeTooLarge, "size", asked, "limit", a.limits.MaxPageSize)
	case asked == 0:
		return a.limits.PageSize, nil
	default:
		return asked, nil
	}
}

// token is what a page token says. It is pinned to the list that it came from.
type token struct {
	Pin   string     `json:"p"`
	After *store.Key `json:"a"`
}

// pinOf digests what a list was narrowed by.
func pinOf(noun string, narrow any) string {
	text, err := json.Marshal(narrow) // maps are written in the order of their keys
	if err != nil {
		text = nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s", noun, text))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func writeToken(k store.Key, pin string) string {
	text, err := json.Marshal(token{Pin: pin, After: &k})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// zoneIn is as of when a list has the relief zone first, by a token that readToken
// will yet look at; zero: it has not.
func zoneIn(s string) time.Time {
	var t token
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(text, &t) != nil || t.After == nil {
		return time.Time{}
	}
	return t.After.Zone
}

func readToken(s, pin string) (*store.Key, error) {
	if s == "" {
		return nil, nil
	}
	var t token
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil || t.Pin != pin || t.After == nil {
		return nil, fault.InField("page_token", fault.PageTokenInvalid)
	}
	return t.After, nil
}

func optionalUUID(field, s string) (uuid.UUID, error) {
	if s == "" {
		return uuid.Nil, nil
	}
	return exchange.ParseUUID(field, s)
}

// uuidText is empty for the nil id: a narrowing that is not asked for.
func uuidText(u uuid.UUID) string {
	if u == uuid.Nil {
		return ""
	}
	return u.String()
}

// day reads an optional day.
func day(field, s string) (exchange.Day, error) {
	if s == "" {
		return "", nil
	}
	d, err := exchange.ParseDay(s)
	if err != nil {
		return "", fault.InField(field, fault.DatesInvalid, "rule", "YYYY-MM-DD, a day of the calendar")
	}
	return d, nil
}

// span reads two optional days, of which the second may not be the earlier.
func span(fromField, from, toField, to string) (exchange.Span, error) {
	first, err := day(fromField, from)
	if err != nil {
		return exchange.Span{}, err
	}
	last, err := day(toField, to)
	if err != nil {
		return exchange.Span{}, err
	}
	if first != "" && last != "" && last < first {
		return exchange.Span{}, fault.InField(toField, fault.DatesInvalid, "rule", "the last day is not before the first")
	}
	return exchange.Span{From: first, To: last}, nil
}
