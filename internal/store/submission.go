package store

import (
	"context"
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/store/db"
)

// PartSize is how many bytes of a pack are kept in one row, and read at once.
const PartSize = 256 << 10

// Submission is a submission as it is kept, without its pack.
type Submission struct {
	Period         string
	Position       int64
	Manifest       []byte
	Note           string
	Size           int64 // bytes of the pack
	SHA256         string
	PolicyRevision string // of the decision to make it
	By             exchange.Person
	CreatedAt      time.Time
}

func submissionOf(r db.Submission) Submission {
	return Submission{
		Period: r.Period, Position: r.Position, Manifest: r.Manifest, Note: r.Note, Size: r.Size, SHA256: r.Sha256,
		PolicyRevision: r.PolicyRevision, By: exchange.Person{Issuer: r.IssuerID, Subject: r.Subject}, CreatedAt: r.CreatedAt.UTC(),
	}
}

// Submission reads a period's submission, or ErrNotFound.
func (r Reader) Submission(ctx context.Context, period string) (Submission, error) {
	row, err := r.q.SubmissionGet(ctx, period)
	return mapRow(row, err, submissionOf)
}

// Submissions lists submissions by period, after one.
func (r Reader) Submissions(ctx context.Context, after string, limit int) ([]Submission, error) {
	rows, err := r.q.SubmissionsList(ctx, after, int32(limit))
	return mapRows(rows, err, submissionOf)
}

// SubmissionPart reads the part of a pack that begins with a byte, or ErrNotFound.
func (r Reader) SubmissionPart(ctx context.Context, period string, from int64) ([]byte, error) {
	row, err := r.q.SubmissionPart(ctx, period, from)
	return mapRow(row, err, func(p db.SubmissionPart) []byte { return p.Content })
}

// InsertSubmission queues a submission and its pack.
func (t *Tx) InsertSubmission(ctx context.Context, s Submission, pack []byte) error {
	err := t.write.SubmissionInsert(ctx, db.SubmissionInsertParams{
		Period: s.Period, Position: s.Position, Manifest: s.Manifest, Note: s.Note, Size: s.Size, Sha256: s.SHA256,
		PolicyRevision: s.PolicyRevision, IssuerID: s.By.Issuer, Subject: s.By.Subject, CreatedAt: s.CreatedAt,
	})
	for from := 0; err == nil && from < len(pack); from += PartSize {
		err = t.write.SubmissionPartInsert(ctx, s.Period, int64(from), pack[from:min(from+PartSize, len(pack))])
	}
	return err
}

// Adjustment is what a span counts for an earlier period.
type Adjustment struct {
	Adjusts   string
	Direction string
	Measure   ledger.Measure
	Fen       int64
	Quantity  int64
	Entries   int64
}

// Adjustments adds up what a span of the log's first transactions counts for
// earlier periods, without one class of buyer.
func (r Reader) Adjustments(ctx context.Context, from, to time.Time, position int64, without exchange.MemberClass) ([]Adjustment, error) {
	rows, err := r.q.Adjustments(ctx, position, from, to, string(without))
	return mapRows(rows, err, func(a db.AdjustmentsRow) Adjustment {
		return Adjustment{a.Adjusts, a.Direction, ledger.Measure(a.Measure), a.Fen, a.Quantity, a.Entries}
	})
}
