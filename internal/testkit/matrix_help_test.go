package testkit_test

import (
	"iter"
	"maps"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// rowsOf counts the rows of a list's answer: those of its first repeated field.
func rowsOf(m proto.Message) int {
	if m == nil {
		return 0
	}
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Cardinality() == protoreflect.Repeated {
			return m.ProtoReflect().Get(f).List().Len()
		}
	}
	return 0
}
