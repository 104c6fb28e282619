package rpc

import (
	"strings"
	"sync"

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
	d := zero.Descriptor()
	numbers, ok := enumNumbers.Load(d)
	if !ok {
		numbers, _ = enumNumbers.LoadOrStore(d, numbersOf(d))
	}
	of, _ := numbers.(map[string]protoreflect.EnumNumber)
	return E(of[string(w)])
}

// enumNumbers are the values of each enum by the exchange's word. A list of
// offers has hundreds of them.
var enumNumbers sync.Map

func numbersOf(d protoreflect.EnumDescriptor) map[string]protoreflect.EnumNumber {
	numbers, prefix := map[string]protoreflect.EnumNumber{}, prefixOf(d)
	for i := range d.Values().Len() {
		v := d.Values().Get(i)
		if word, ok := strings.CutPrefix(string(v.Name()), prefix); ok {
			numbers[word] = v.Number()
		}
	}
	return numbers
}
