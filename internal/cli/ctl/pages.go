package ctl

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// pageWhenAll is the size of the pages that --all asks for, unless --page-size
// says another.
const pageWhenAll = 100

// pages asks for one page, or for the pages up to the limit, and answers as if
// they had been one. It says on stderr when there is more: a list is never cut
// silently.
func pages[Q, R proto.Message](ctx context.Context, a *app, call unary[Q, R], in Q) (R, error) {
	setText(in, "page_token", a.flags.pageToken)
	setPageSize(in, a.pageSize(0))
	out, err := invoke(ctx, a, call, in)
	if err != nil {
		return out, err
	}
	rows := out.ProtoReflect().Mutable(listField(out)).List()
	for a.flags.all && nextPage(out) != "" && rows.Len() < a.flags.limit {
		setText(in, "page_token", nextPage(out))
		setPageSize(in, a.pageSize(rows.Len()))
		more, err := invoke(ctx, a, call, in)
		if err != nil {
			return out, err
		}
		if nextPage(more) == textOf(in, "page_token") {
			return out, errSameToken
		}
		page := more.ProtoReflect().Get(listField(more)).List()
		for i := range page.Len() {
			rows.Append(page.Get(i))
		}
		setText(out, nextPageField, nextPage(more))
	}
	if token := nextPage(out); token != "" {
		a.note("note: there is more; go on with --page-token %s%s", token, a.orAll())
	}
	return out, nil
}

// errSameToken is of a server that would keep us going round for ever.
var errSameToken = errors.New("the server gave the same page token again")

const nextPageField = "next_page_token"

func nextPage(out proto.Message) string { return textOf(out, nextPageField) }

func (a *app) orAll() string {
	if a.flags.all {
		return " or a higher --limit"
	}
	return " or --all"
}

// pageSize is how many rows to ask for when there are some already. Never more
// than the limit leaves, so that the next page's token fits where we stop.
func (a *app) pageSize(have int) int32 {
	size := int(a.flags.pageSize)
	if !a.flags.all {
		return int32(size)
	}
	if size == 0 {
		size = pageWhenAll
	}
	return int32(min(size, a.flags.limit-have))
}

func setPageSize(in proto.Message, size int32) {
	in.ProtoReflect().Set(field(in, "page_size"), protoreflect.ValueOfInt32(size))
}

// listField is the list that an answer is about: its repeated messages other
// than warnings; nil where it has none.
func listField(out proto.Message) protoreflect.FieldDescriptor {
	fields := out.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); isMessageList(f) && f.Name() != warningsField {
			return f
		}
	}
	return nil
}

func isMessageList(f protoreflect.FieldDescriptor) bool { return f.IsList() && f.Message() != nil }
