package store

import (
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"
)

func idsOf(t *rapid.T) uuid.UUID {
	return uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
}

func TestAnIDIsWrittenAndReadAsItIsInBothFormatsOfTheProtocol(t *testing.T) {
	m := pgtype.NewMap()
	registerUUID(m)
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode}).Draw(t, "format")
		id, valid := idsOf(t), rapid.Bool().Draw(t, "valid")
		null := uuid.NullUUID{Valid: valid}
		if valid {
			null.UUID = id
		}
		list := rapid.SliceOfN(rapid.Custom(idsOf), 0, 20).Draw(t, "list")

		var readID uuid.UUID
		var readNull uuid.NullUUID
		var readList []uuid.UUID
		for _, c := range []struct {
			oid         uint32
			value, into any
		}{{pgtype.UUIDOID, id, &readID}, {pgtype.UUIDOID, null, &readNull}, {pgtype.UUIDArrayOID, list, &readList}} {
			wire, err := m.Encode(c.oid, format, c.value, nil)
			if err != nil {
				t.Fatalf("writing %T: %v", c.value, err)
			}
			if err := m.Scan(c.oid, format, wire, c.into); err != nil {
				t.Fatalf("reading %T: %v", c.into, err)
			}
			if got := reflect.ValueOf(c.into).Elem().Interface(); !reflect.DeepEqual(got, c.value) {
				t.Fatalf("wrote %v, read %v", c.value, got)
			}
		}
	})
}

func TestAnIDThatIsMissingOrCutIsRefusedWhereOneMustBe(t *testing.T) {
	m := pgtype.NewMap()
	registerUUID(m)
	var id uuid.UUID
	var null uuid.NullUUID
	if err := m.Scan(pgtype.UUIDOID, pgtype.BinaryFormatCode, nil, &id); err == nil {
		t.Error("a null was read as an id")
	}
	for _, into := range []any{&id, &null} {
		if err := m.Scan(pgtype.UUIDOID, pgtype.BinaryFormatCode, make([]byte, 15), into); err == nil {
			t.Errorf("fifteen bytes were read as %T", into)
		}
	}
}

func TestIDsAreReadAndWrittenWithoutTheDetourByText(t *testing.T) {
	m := pgtype.NewMap()
	registerUUID(m)
	for _, into := range []any{&uuid.UUID{}, &uuid.NullUUID{}} {
		if _, ok := m.PlanScan(pgtype.UUIDOID, pgtype.BinaryFormatCode, into).(scanUUID); !ok {
			t.Errorf("%T is read by %T", into, m.PlanScan(pgtype.UUIDOID, pgtype.BinaryFormatCode, into))
		}
	}
	for _, value := range []any{uuid.UUID{}, uuid.NullUUID{}} {
		if _, ok := m.PlanEncode(pgtype.UUIDOID, pgtype.BinaryFormatCode, value).(encodeUUID); !ok {
			t.Errorf("%T is written by %T", value, m.PlanEncode(pgtype.UUIDOID, pgtype.BinaryFormatCode, value))
		}
	}
}
