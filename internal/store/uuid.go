package store

import (
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerUUID teaches a connection our type of ids. The driver would take it
// for a text, by way of database/sql, at several times the cost; a batch of
// orders has thousands of ids.
func registerUUID(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{encodesUUID}, m.TryWrapEncodePlanFuncs...)
	m.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: uuidArray{
		&pgtype.ArrayCodec{ElementType: &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: pgtype.UUIDCodec{}}},
	}})
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{scansUUID}, m.TryWrapScanPlanFuncs...)
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

// wireUUID is an id as the driver knows it.
type wireUUID uuid.UUID

func (u wireUUID) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: u, Valid: true}, nil }

func (u *wireUUID) ScanUUID(v pgtype.UUID) error {
	if !v.Valid {
		return errors.New("store: a null where an id must be")
	}
	*u = v.Bytes
	return nil
}

// wireNull is an id that may be missing.
type wireNull uuid.NullUUID

func (u wireNull) UUIDValue() (pgtype.UUID, error) {
	return pgtype.UUID{Bytes: u.UUID, Valid: u.Valid}, nil
}

func (u *wireNull) ScanUUID(v pgtype.UUID) error {
	u.UUID, u.Valid = v.Bytes, v.Valid
	return nil
}

func encodesUUID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	switch u := value.(type) {
	case uuid.UUID:
		return &encodeUUID{}, wireUUID(u), true
	case uuid.NullUUID:
		return &encodeUUID{}, wireNull(u), true
	}
	return nil, nil, false
}

type encodeUUID struct{ next pgtype.EncodePlan }

func (p *encodeUUID) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *encodeUUID) Encode(value any, buf []byte) ([]byte, error) {
	switch u := value.(type) {
	case uuid.UUID:
		return p.next.Encode(wireUUID(u), buf)
	case uuid.NullUUID:
		return p.next.Encode(wireNull(u), buf)
	}
	return nil, errors.New("store: no id")
}

func scansUUID(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	switch u := target.(type) {
	case *uuid.UUID:
		return &scanUUID{}, (*wireUUID)(u), true
	case *uuid.NullUUID:
		return &scanUUID{}, (*wireNull)(u), true
	}
	return nil, nil, false
}

type scanUUID struct{ next pgtype.ScanPlan }

func (p *scanUUID) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *scanUUID) Scan(src []byte, target any) error {
	switch u := target.(type) {
	case *uuid.UUID:
		return p.next.Scan(src, (*wireUUID)(u))
	case *uuid.NullUUID:
		return p.next.Scan(src, (*wireNull)(u))
	}
	return errors.New("store: no id")
}
