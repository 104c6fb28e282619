package rpc

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// The API's enums carry the exchange's own words behind a prefix, and nothing
// for "not given": SIDE_BUYER is "BUYER", SIDE_UNSPECIFIED is "".

// prefixOf is the part of an enum's value names that is its type's name.
func prefixOf(d protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(d.Values().Get(0).Name()), "UNSPECIFIED")
}

// word is the exchange's word for a value of the API.
func word[T ~string](e protoreflect.Enum) T {
	v := e.Descriptor().Values().ByNumber(e.Number())
	if v == nil || e.Number() == 0 {
		return ""
	}
	return T(strings.TrimPrefix(string(v.Name()), prefixOf(e.Descriptor())))
}

// enum is the API's value for a word of the exchange.
func enum[E interface {
	protoreflect.Enum
	~int32
}, T ~string](w T) E {
	var zero E
	v := zero.Descriptor().Values().ByName(protoreflect.Name(prefixOf(zero.Descriptor()) + string(w)))
	if v == nil {
		return zero
	}
	return E(v.Number())
}
