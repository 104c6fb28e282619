package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store"
)

// CreateMandate records a producer's mandate for an agent.
type CreateMandate struct {
	Meta
	ProducerMemberID, AgentMemberID, ValidFrom, ValidTo string
}

// ListMandates pages through mandates.
type ListMandates struct{ Paging }

func (a *App) mandates() noun[exchange.Mandate] {
	return noun[exchange.Mandate]{authz.Mandate, a.store.Mandate, a.store.ListMandates, mandateAttributes,
		func(v exchange.Mandate) store.Key { return store.Key{At: v.CreatedAt, ID: v.ID} }}
}

func mandateAttributes(v exchange.Mandate) map[string]any {
	return map[string]any{"id": v.ID.String(), "producer_id": v.Producer.String(), "agent_id": v.Agent.String()}
}

// CreateMandate records a producer's mandate for an agent.
func (a *App) CreateMandate(ctx context.Context, c CreateMandate) (Result[exchange.Mandate], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.MandateCreate, c)
	if err != nil {
		return Result[exchange.Mandate]{}, err
	}
	valid, err := span("valid_from", c.ValidFrom, "valid_to", c.ValidTo)
	if err != nil {
		return Result[exchange.Mandate]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Mandate, error) {
		var v exchange.Mandate
		producer, err := target(ctx, u, a.members(), "producer_member_id", c.ProducerMemberID, u.Member)
		if err != nil {
			return v, err
		}
		agent, err := target(ctx, u, a.members(), "agent_member_id", c.AgentMemberID, u.Member)
		if err != nil {
			return v, err
		}
		asked := exchange.Mandate{Producer: producer.ID, Agent: agent.ID, Valid: valid}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Mandate: &asked}); err != nil {
			return v, err
		}
		if v, err = exchange.NewMandate(producer, agent, valid, u.at); err != nil {
			return v, err
		}
		return v, errors.Join(u.InsertMandate(ctx, v), u.directoryEvent(ctx, "mandate.created", authz.Mandate, v.ID, v))
	})
}

// GetMandate reads a mandate.
func (a *App) GetMandate(ctx context.Context, id string) (exchange.Mandate, error) {
	return get(ctx, a, a.mandates(), id)
}

// ListMandates lists mandates, the newest first.
func (a *App) ListMandates(ctx context.Context, c ListMandates) (Page[exchange.Mandate], error) {
	return listOf(ctx, a, a.mandates(), c.Paging, nil)
}

// RevokeMandate ends a mandate and pauses the offers that rely on it.
func (a *App) RevokeMandate(ctx context.Context, c Step) (Result[exchange.Mandate], error) {
	in, err := directoryIntent(ctx, c.Meta, authz.MandateRevoke, c)
	if err != nil {
		return Result[exchange.Mandate]{}, err
	}
	known, err := a.GetMandate(ctx, c.ID)
	if err != nil {
		return Result[exchange.Mandate]{}, err
	}
	if in.lanes, err = a.relying(ctx, uuid.Nil, known.Agent); err != nil {
		return Result[exchange.Mandate]{}, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (exchange.Mandate, error) {
		v, err := target(ctx, u, a.mandates(), "id", c.ID, u.LockMandate)
		if err != nil {
			return v, err
		}
		if _, err := u.decide(ctx, authz.Question{Action: in.action, Mandate: &v}); err != nil {
			return v, err
		}
		if v, err = exchange.RevokeMandate(v, c.Reason, u.at); err != nil {
			return v, err
		}
		offers, err := u.PauseOffersMandated(ctx, v.Agent, v.Producer, "the producer's mandate was revoked", u.at)
		return v, errors.Join(u.paused(ctx, offers, err), u.RevokeMandate(ctx, v),
			u.directoryEvent(ctx, "mandate.revoked", authz.Mandate, v.ID, v))
	})
}
