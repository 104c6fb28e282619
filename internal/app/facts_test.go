package app

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/store"
)

// What an event says and cannot be read is an error of the exchange, whose cause and
// event its log tells.
func TestAnEventThatCannotBeReadSaysWhichAndWhy(t *testing.T) {
	e := store.KeptEvent{}
	e.ID, e.State = uuid.New(), []byte(`{"State": 7}`)
	var cause *json.UnmarshalTypeError
	if _, err := stateIn[exchange.Offer](e); !fault.Is(err, fault.InternalError) || !errors.As(err, &cause) || !strings.Contains(errors.Unwrap(err).Error(), e.ID.String()) {
		t.Errorf("%v, because of %v", err, errors.Unwrap(err))
	}
	e.State = []byte(`{"State": "PAUSED"}`)
	if o, err := stateIn[exchange.Offer](e); err != nil || o.State != exchange.OfferPaused {
		t.Errorf("%v, %v", o.State, err)
	}
}
