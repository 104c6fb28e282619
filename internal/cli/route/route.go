// Package route tells how a method of the API is called over HTTP, as its
// google.api.http option says. Reading it from the descriptor keeps the callers
// true to the API.
package route

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// route of one method.
type route struct {
	verb     string
	template string // such as /v1/orders/{id}:confirm
}

// Routes finds the route of a method by the name of its request, which no two
// methods share.
type Routes map[protoreflect.FullName]route

// API has the routes of the whole API.
func API() Routes {
	found := Routes{}
	protoregistry.GlobalFiles.RangeFilesByPackage(pb.File_sushaan_exchange_v1_order_proto.Package(),
		func(file protoreflect.FileDescriptor) bool {
			for i := range file.Services().Len() {
				found.add(file.Services().Get(i).Methods())
			}
			return true
		})
	return found
}

func (r Routes) add(methods protoreflect.MethodDescriptors) {
	for i := range methods.Len() {
		m := methods.Get(i)
		rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
		switch pattern := rule.GetPattern().(type) {
		case *annotations.HttpRule_Get:
			r[m.Input().FullName()] = route{http.MethodGet, pattern.Get}
		case *annotations.HttpRule_Post:
			r[m.Input().FullName()] = route{http.MethodPost, pattern.Post}
		}
	}
}

// Of gives the verb, the path and, for a GET, the query of a request, and what
// of the request is left for the body.
func (r Routes) Of(in proto.Message) (verb string, target *url.URL, body proto.Message, err error) {
	found, ok := r[in.ProtoReflect().Descriptor().FullName()]
	if !ok {
		return "", nil, nil, fmt.Errorf("no HTTP route for %s", in.ProtoReflect().Descriptor().FullName())
	}
	rest := proto.Clone(in)
	path, raw := fillPath(found.template, rest.ProtoReflect())
	target = &url.URL{Path: path, RawPath: raw}
	if found.verb != http.MethodGet {
		return found.verb, target, rest, nil
	}
	target.RawQuery = queryOf(rest.ProtoReflect()).Encode()
	return found.verb, target, nil, nil
}

// fillPath puts fields in the place of their names in braces, and takes them
// out of the message.
func fillPath(template string, m protoreflect.Message) (path, raw string) {
	path, raw = template, template
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		mark := "{" + string(f.Name()) + "}"
		if strings.Contains(path, mark) {
			value := m.Get(f).String()
			path = strings.ReplaceAll(path, mark, value)
			raw = strings.ReplaceAll(raw, mark, url.PathEscape(value))
			m.Clear(f)
		}
	}
	return path, raw
}

// queryOf writes the fields that are set as a query.
func queryOf(m protoreflect.Message) url.Values {
	query := url.Values{}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if !f.IsList() {
			query.Add(string(f.Name()), queryValue(f, v))
			return true
		}
		for i := range v.List().Len() {
			query.Add(string(f.Name()), queryValue(f, v.List().Get(i)))
		}
		return true
	})
	return query
}

func queryValue(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if f.Enum() != nil {
		return string(f.Enum().Values().ByNumber(v.Enum()).Name())
	}
	if f.Message() != nil {
		if at, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
			return at.AsTime().Format(time.RFC3339Nano)
		}
	}
	return v.String()
}
