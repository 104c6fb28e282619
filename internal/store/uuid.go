package store

import (
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerUUID teaches a connection our type of ids. The driver would take it
// for a text, by way of database/sql, at several times the cost, both ways; a batch
// of orders has thousands of ids.
func registerUUID(m *pgtype.Map) {
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
	m.RegisterType(id)
	m.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: uuidArray{&pgtype.ArrayCodec{ElementType: id}}})
}

// uuidCodec writes and reads ids, and such as may be missing, as the protocol has
// them: sixteen bytes. All else is the driver's.
type uuidCodec struct{ pgtype.UUIDCodec }

func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case uuid.UUID, uuid.NullUUID:
			return encodeUUID{}
		}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if format == pgtype.BinaryFormatCode {
		switch target.(type) {
		case *uuid.UUID, *uuid.NullUUID:
			return scanUUID{}
		}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

type encodeUUID struct{}

func (encodeUUID) Encode(value any, buf []byte) ([]byte, error) {
	switch u := value.(type) {
	case uuid.UUID:
		return append(buf, u[:]...), nil
	case uuid.NullUUID:
		if !u.Valid {
			return nil, nil
		}
		return append(buf, u.UUID[:]...), nil
	}
	return nil, errors.New("store: no id")
}

type scanUUID struct{}

func (scanUUID) Scan(src []byte, target any) error {
	var id uuid.UUID
	if src != nil && len(src) != len(id) {
		return errors.New("store: an id that is not of sixteen bytes")
	}
	copy(id[:], src)
	switch u := target.(type) {
	case *uuid.UUID:
		if src == nil {
			return errors.New("store: a null where an id must be")
		}
		*u = id
		return nil
	case *uuid.NullUUID:
		*u = uuid.NullUUID{UUID: id, Valid: src != nil}
		return nil
	}
	return errors.New("store: no id")
}

// uuidArray writes lists of our ids as the protocol has them: a header, then
// each with its length. All else is the driver's.
type uuidArray struct{ *pgtype.ArrayCodec }

func (c uuidArray) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([]uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return encodeUUIDs{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type encodeUUIDs struct{}

func (encodeUUIDs) Encode(value any, buf []byte) ([]byte, error) {
	ids, ok := value.([]uuid.UUID)
	if !ok {
		return nil, errors.New("store: no list of ids")
	}
	if ids == nil {
		return nil, nil
	}
	const noNulls, firstIndex, idLength = 0, 1, 16
	dimensions := uint32(min(len(ids), 1))
	buf = binary.BigEndian.AppendUint32(buf, dimensions)
	buf = binary.BigEndian.AppendUint32(buf, noNulls)
	buf = binary.BigEndian.AppendUint32(buf, pgtype.UUIDOID)
	if dimensions == 0 {
		return buf, nil
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(ids)))
	buf = binary.BigEndian.AppendUint32(buf, firstIndex)
	for _, id := range ids {
		buf = append(binary.BigEndian.AppendUint32(buf, idLength), id[:]...)
	}
	return buf, nil
}
