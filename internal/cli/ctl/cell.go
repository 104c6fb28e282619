package ctl

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
)

// column is one column of a table or a CSV file: where its value is found in a
// message.
type column struct {
	// title stands over it in a table.
	title string
	// path is the field, or the way to it through messages and maps: "code",
	// "event.offer.id", "keys.month".
	path string
	// instead is the path to take where path leads to nothing.
	instead string
	// name stands over it in CSV, where it is not the path.
	name string
}

func (c column) heading() string {
	if c.name != "" {
		return c.name
	}
	return c.path
}

// reader is for whom a value is written.
type reader int

const (
	forEyes     reader = iota // yuan, China's time, safe for a terminal
	forPrograms               // fen, UTC, as it came
)

func cells(m protoreflect.Message, columns []column, r reader) []string {
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.text(m, r)
	}
	return line
}

// text is the value of the column in one message; empty where it has none.
func (c column) text(m protoreflect.Message, r reader) string {
	if s := textAt(m, c.path, r); s != "" || c.instead == "" {
		return s
	}
	return textAt(m, c.instead, r)
}

func textAt(m protoreflect.Message, path string, r reader) string {
	for {
		step, rest, deeper := strings.Cut(path, ".")
		f := m.Descriptor().Fields().ByName(protoreflect.Name(step))
		switch {
		case f == nil || f.HasPresence() && !m.Has(f):
			return ""
		case !deeper:
			return valueText(f, m.Get(f), r)
		case f.IsMap():
			v := m.Get(f).Map().Get(protoreflect.ValueOfString(rest).MapKey())
			if !v.IsValid() {
				return ""
			}
			return scalarText(f.MapValue(), v, r)
		}
		m, path = m.Get(f).Message(), rest
	}
}

// resolve is the field at the end of the path.
func (c column) resolve(m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	path := c.path
	for {
		step, rest, deeper := strings.Cut(path, ".")
		f := m.Fields().ByName(protoreflect.Name(step))
		switch {
		case f == nil || !deeper:
			return f
		case f.IsMap():
			return f.MapValue()
		}
		m, path = f.Message(), rest
	}
}

func valueText(f protoreflect.FieldDescriptor, v protoreflect.Value, r reader) string {
	switch {
	case f.IsList() && f.Message() != nil && f.Message().Name() == "Reason":
		return codesText(v.List())
	case isMessageList(f):
		return strconv.Itoa(v.List().Len())
	case f.IsList():
		texts := make([]string, v.List().Len())
		for i := range texts {
			texts[i] = scalarText(f, v.List().Get(i), r)
		}
		return strings.Join(texts, ",")
	case f.IsMap():
		return mapText(f, v.Map(), r)
	default:
		return scalarText(f, v, r)
	}
}

// codesText are the codes of reasons.
func codesText(list protoreflect.List) string {
	codes := make([]string, list.Len())
	for i := range codes {
		if r, ok := list.Get(i).Message().Interface().(*pb.Reason); ok {
			codes[i] = r.GetCode()
		}
	}
	return strings.Join(codes, ",")
}

func mapText(f protoreflect.FieldDescriptor, m protoreflect.Map, r reader) string {
	var texts []string
	for k, v := range m.Range {
		texts = append(texts, k.String()+"="+scalarText(f.MapValue(), v, r))
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

func scalarText(f protoreflect.FieldDescriptor, v protoreflect.Value, r reader) string {
	switch f.Kind() {
	case protoreflect.EnumKind:
		return enumText(f.Enum(), v.Enum())
	case protoreflect.BoolKind:
		return boolText(v.Bool(), r)
	case protoreflect.StringKind:
		if r == forEyes {
			return oneLine(v.String())
		}
		return v.String()
	case protoreflect.BytesKind:
		return bytesText(v.Bytes(), r)
	case protoreflect.Int64Kind:
		if isMoney(f) && r == forEyes {
			return yuan(v.Int())
		}
		if isShare(f) && r == forEyes {
			return percent(v.Int())
		}
	case protoreflect.Int32Kind:
		if isShare(f) && r == forEyes {
			return percent(v.Int())
		}
	case protoreflect.MessageKind:
		if t, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
			return timeText(t.AsTime(), r)
		}
	}
	return fmt.Sprint(v.Interface())
}

// bytesText is base64. Eyes are spared what is longer than a few hashes.
func bytesText(b []byte, r reader) string {
	const seen = 64
	if r == forEyes && len(b) > seen {
		return fmt.Sprintf("(%d bytes)", len(b))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func boolText(b bool, r reader) string {
	switch {
	case r == forPrograms:
		return strconv.FormatBool(b)
	case b:
		return "yes"
	default:
		return "no"
	}
}

func timeText(t time.Time, r reader) string {
	if r == forPrograms {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return t.In(exchange.China).Format(time.RFC3339)
}

// enumText is an enum's value without its prefix; empty where it is unset.
func enumText(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	if n == 0 {
		return ""
	}
	v := e.Values().ByNumber(n)
	if v == nil {
		// A newer server knows values that we do not.
		return strconv.Itoa(int(n))
	}
	return strings.TrimPrefix(string(v.Name()), enumPrefix(e))
}

// enumPrefix is what the names of an enum's values begin with: the name of the
// zero value is PREFIX_UNSPECIFIED.
func enumPrefix(e protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(e.Values().ByNumber(0).Name()), "UNSPECIFIED")
}

// fenSuffix ends the names of all fields that hold money.
const fenSuffix = "_fen"

func isMoney(f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.Int64Kind && strings.HasSuffix(string(f.Name()), fenSuffix)
}

// shareSuffix ends the names of all fields that hold a share or a change.
const shareSuffix = "_basis_points"

func isShare(f protoreflect.FieldDescriptor) bool {
	return isNumber(f) && strings.HasSuffix(string(f.Name()), shareSuffix)
}

func isNumber(f protoreflect.FieldDescriptor) bool {
	return !f.IsList() && (f.Kind() == protoreflect.Int64Kind || f.Kind() == protoreflect.Int32Kind)
}
