package store

import (
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerUUID teaches a connection our type of ids. The driver would take it
// for a text, by way of database/sql, at several times the cost; a batch of
// orders has thousands of ids.
func registerUUID(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{encodesUUID}, m.TryWrapEncodePlanFuncs...)
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{scansUUID}, m.TryWrapScanPlanFuncs...)
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

func encodesUUID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	if u, ok := value.(uuid.UUID); ok {
		return &encodeUUID{}, wireUUID(u), true
	}
	return nil, nil, false
}

type encodeUUID struct{ next pgtype.EncodePlan }

func (p *encodeUUID) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *encodeUUID) Encode(value any, buf []byte) ([]byte, error) {
	u, ok := value.(uuid.UUID)
	if !ok {
		return nil, errors.New("store: no id")
	}
	return p.next.Encode(wireUUID(u), buf)
}

func scansUUID(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	if u, ok := target.(*uuid.UUID); ok {
		return &scanUUID{}, (*wireUUID)(u), true
	}
	return nil, nil, false
}

type scanUUID struct{ next pgtype.ScanPlan }

func (p *scanUUID) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *scanUUID) Scan(src []byte, target any) error {
	u, ok := target.(*uuid.UUID)
	if !ok {
		return errors.New("store: no id")
	}
	return p.next.Scan(src, (*wireUUID)(u))
}
