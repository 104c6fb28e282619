package testkit

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// intoPath puts fields in the place of their names in braces and takes them out
// of the message.
func intoPath(template string, m protoreflect.Message) string {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		mark := "{" + string(f.Name()) + "}"
		if strings.Contains(template, mark) {
			template = strings.ReplaceAll(template, mark, url.PathEscape(m.Get(f).String()))
			m.Clear(f)
		}
	}
	return template
}

// intoQuery writes the fields that are set as a query.
func intoQuery(m protoreflect.Message) string {
	query := url.Values{}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.IsMap() {
			for key, value := range v.Map().Range {
				query.Add(string(f.Name())+"["+key.String()+"]", value.String())
			}
			return true
		}
		if !f.IsList() {
			query.Add(string(f.Name()), queryText(f, v))
			return true
		}
		for i := range v.List().Len() {
			query.Add(string(f.Name()), queryText(f, v.List().Get(i)))
		}
		return true
	})
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

func queryText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if f.Enum() != nil {
		if named := f.Enum().Values().ByNumber(v.Enum()); named != nil {
			return string(named.Name())
		}
		return strconv.Itoa(int(v.Enum()))
	}
	if f.Message() != nil {
		if at, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
			return at.AsTime().Format(time.RFC3339Nano)
		}
	}
	return v.String()
}
