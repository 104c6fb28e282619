package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// PublishPolicy makes a bundle the policies of every gateway that takes them from
// the database, from its next look on.
func (s *Store) PublishPolicy(ctx context.Context, revision string, bundle []byte, by string) error {
	return readError(s.upkeep().PolicyPublish(ctx, revision, bundle, by))
}

// Policy reads the bundle published last, unless it is the one at hand. It is nil
// then, and where none was published.
func (s *Store) Policy(ctx context.Context, have string) (revision string, bundle []byte, err error) {
	row, err := s.q.PolicyLatest(ctx)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil, nil
	case err != nil:
		return "", nil, readError(err)
	case row.Revision == have:
		return have, nil, nil
	}
	bundle, err = s.q.PolicyBundle(ctx, row.Revision)
	return row.Revision, bundle, readError(err)
}
