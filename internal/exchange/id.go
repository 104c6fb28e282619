package exchange

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// ID names a row that lives in a province: home leads the key, so that the
// database finds its region from the key alone. Its text is home-uuid.
type ID struct {
	Home string
	UUID uuid.UUID
}

func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return id.Home + "-" + id.UUID.String()
}

// IsZero says whether the id names nothing.
func (id ID) IsZero() bool { return id.Home == "" && id.UUID == uuid.Nil }

// MarshalText writes home-uuid, or nothing for the zero id.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID("id", string(b))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseID reads home-uuid. Only the one canonical form is taken, so that an id
// has one spelling. The error is in the named field.
func ParseID(field, s string) (ID, error) {
	home, rest, ok := strings.Cut(s, "-")
	if !ok || !isHome(home) {
		return ID{}, malformed(field, s)
	}
	u, err := parseUUID(rest)
	if err != nil {
		return ID{}, malformed(field, s)
	}
	return ID{Home: home, UUID: u}, nil
}

// ParseUUID reads the canonical form of a UUID.
func ParseUUID(field, s string) (uuid.UUID, error) {
	u, err := parseUUID(s)
	if err != nil {
		return uuid.Nil, malformed(field, s)
	}
	return u, nil
}

func parseUUID(s string) (uuid.UUID, error) {
	u, err := uuid.Parse(s)
	if err == nil && u.String() != s {
		err = errors.New("not the canonical form")
	}
	return u, err
}

func malformed(field, s string) error {
	const shown = 64
	if len(s) > shown {
		s = s[:shown]
	}
	return fault.InField(field, fault.IDMalformed, "id", strings.ToValidUTF8(s, "?"))
}
