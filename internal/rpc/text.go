package rpc

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sushaan/exchange/internal/fault"
)

// checkTexts refuses texts that are not UTF-8 or have control characters, in
// any field: what the exchange keeps is shown to others.
func checkTexts(m protoreflect.Message, prefix string) error {
	var err error
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		path := prefix + string(f.Name())
		switch {
		case f.IsMap():
			// No request has one.
		case f.Name() == linesField && f.IsList():
			// Each line is proved by itself.
		case f.IsList():
			for i := range v.List().Len() {
				if err = checkValue(f, v.List().Get(i), path); err != nil {
					return false
				}
			}
		default:
			err = checkValue(f, v, path)
		}
		return err == nil
	})
	return err
}

func checkValue(f protoreflect.FieldDescriptor, v protoreflect.Value, path string) error {
	switch f.Kind() {
	case protoreflect.StringKind:
		if s := v.String(); !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			// A key set is JSON, which may be laid out in lines.
			if f.Name() == "jwks" && utf8.ValidString(s) {
				return nil
			}
			return fault.InField(path, fault.TextInvalid)
		}
	case protoreflect.MessageKind:
		return checkTexts(v.Message(), path+".")
	}
	return nil
}

// fillRequestID takes a write's request id from the Idempotency-Key header. Two
// different ones are an error: it would not be clear which is meant.
func fillRequestID(ctx context.Context, m proto.Message) error {
	f := m.ProtoReflect().Descriptor().Fields().ByName("request_id")
	if f == nil {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	keys := md.Get("idempotency-key")
	if len(keys) == 0 {
		return nil
	}
	given := m.ProtoReflect().Get(f).String()
	if len(keys) > 1 || (given != "" && given != keys[0]) {
		return fault.InField("request_id", fault.RequestIDInvalid)
	}
	m.ProtoReflect().Set(f, protoreflect.ValueOfString(keys[0]))
	return nil
}
