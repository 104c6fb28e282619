package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/sheet"
	"github.com/sushaan/exchange/internal/store"
)

// Submission is a period's frozen pack, without its bytes.
type Submission store.Submission

// ListSubmissions pages through the submissions.
type ListSubmissions struct{ Paging }

// SignBy makes the key that seals the ledger the one that signs submissions, as
// it is at the time. Without it this server makes none.
func (a *App) SignBy(now func() proof.Signer) { a.signer = now }

// CreateSubmission makes the pack of a closed period and keeps it. Nothing that
// the pack is made from can change any more, so it is made before the
// transaction that keeps it.
func (a *App) CreateSubmission(ctx context.Context, c Step) (Result[Submission], error) {
	var none Result[Submission]
	in, err := directoryIntent(ctx, c.Meta, authz.SubmissionCreate, c)
	if err != nil {
		return none, err
	}
	made, err := a.makeSubmission(ctx, c.ID)
	if err != nil {
		return none, err
	}
	return write(ctx, a, in, func(ctx context.Context, u *unit) (Submission, error) {
		p, _, err := periodOf(ctx, u.Reader, "period", c.ID, exchange.DayOf(u.at))
		if err != nil {
			return Submission{}, err
		}
		d, err := u.decide(ctx, authz.Question{Action: in.action, Period: &p})
		if err != nil {
			return Submission{}, err
		}
		submitted, err := exchange.SubmitPeriod(p, u.at)
		if err != nil {
			return Submission{}, err
		}
		if made == nil || made.period.Position != p.Position {
			return Submission{}, fault.New(fault.Contention) // it was closed meanwhile
		}
		s := Submission{
			Period: p.ID, Position: p.Position, Manifest: made.pack[proof.ManifestFile], Note: string(made.pack[proof.NoteFile]),
			Size: int64(len(made.zip)), SHA256: proof.Digest(made.zip), PolicyRevision: d.Revision, By: u.principal.Person(), CreatedAt: u.at,
		}
		// Two at once meet at the submission's row.
		err = errors.Join(u.InsertSubmission(ctx, store.Submission(s), made.zip), u.SavePeriod(ctx, submitted),
			u.event(ctx, "period", "period.submitted", p.Key(), submitted))
		if err != nil {
			return s, err
		}
		return s, u.unique(ctx, "submission", p.ID)
	})
}

// madeSubmission is a pack before it is kept.
type madeSubmission struct {
	period exchange.Period
	pack   proof.Pack
	zip    []byte
}

// makeSubmission makes the pack, for those who may submit. For others, and of a
// period that is not closed, there is none: the write says why.
func (a *App) makeSubmission(ctx context.Context, id string) (*madeSubmission, error) {
	if err := a.mayOnPeriods(ctx, authz.SubmissionCreate); err != nil {
		if e, ok := fault.As(err); ok && e.Kind() == fault.Denied {
			return nil, nil
		}
		return nil, err
	}
	var made *madeSubmission
	err := a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		made = nil
		p, _, err := periodOf(ctx, r, "period", id, a.Today())
		if err != nil || !p.State.Frozen() {
			return err
		}
		if a.signer == nil {
			return fault.New(fault.SigningKeyAway)
		}
		pack, err := a.packOf(ctx, r, p)
		if err != nil {
			return err
		}
		zip, err := pack.Zip()
		made = &madeSubmission{p, pack, zip}
		return err
	})
	return made, err
}

// mayOnPeriods lets policy say whether the caller may do something with
// submissions as such.
func (a *App) mayOnPeriods(ctx context.Context, action string) error {
	p, err := PrincipalOf(ctx)
	if err != nil {
		return err
	}
	d, err := a.policy.Decide(ctx, &authz.Question{Action: action, At: a.now(), Principal: p})
	if err == nil && !d.Allow {
		err = fault.Deny(d.Denials)
	}
	return err
}

// packOf makes the signed pack of a frozen period: a function of the ledger, the
// period and the method alone.
func (a *App) packOf(ctx context.Context, r store.Reader, p exchange.Period) (proof.Pack, error) {
	tables, err := submissionTables(ctx, r, p)
	if err != nil {
		return nil, err
	}
	files := proof.Pack{}
	m := proof.Manifest{
		Period: p.ID, FirstDay: string(p.Days().From), LastDay: string(p.Days().To), Position: p.Position, Checkpoint: p.Checkpoint,
		PolicyRevision: p.PolicyRevision, Scope: submissionScope, Method: submissionMethod(),
	}
	for _, t := range tables {
		name := tableFile(t.Name)
		if files[name], err = t.CSV(); err != nil {
			return nil, err
		}
		m.Files = append(m.Files, proof.PackFile{Name: name, Ledger: true})
	}
	book, err := submissionBook(ctx, r, p, tables)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{"submission-" + p.ID + ".xlsx": book, "method.md": methodPage(m)} {
		files[name] = content
		m.Files = append(m.Files, proof.PackFile{Name: name})
	}
	slices.SortFunc(m.Files, func(f, g proof.PackFile) int { return strings.Compare(f.Name, g.Name) })
	return proof.SignPack(m, files, a.signer())
}

func tableFile(name string) string { return "tables/" + name + ".csv" }

// GetSubmission reads a period's submission.
func (a *App) GetSubmission(ctx context.Context, period string) (Submission, error) {
	if err := a.mayOnPeriods(ctx, authz.SubmissionRead); err != nil {
		return Submission{}, err
	}
	s, err := found(a.store.Submission(ctx, period))("submission", period)
	return Submission(s), err
}

// ListSubmissions lists the submissions by period.
func (a *App) ListSubmissions(ctx context.Context, c ListSubmissions) (Page[Submission], error) {
	var page Page[Submission]
	if err := a.mayOnPeriods(ctx, authz.SubmissionRead); err != nil {
		return page, err
	}
	size, err := a.pageSize(c.Size)
	if err != nil {
		return page, err
	}
	after, pin := "", pinOf("submissions", nil)
	if key, err := readToken(c.Token, pin); err != nil {
		return page, err
	} else if key != nil {
		after = key.Text
	}
	rows, err := a.store.Submissions(ctx, after, size+1)
	if err != nil {
		return page, err
	}
	kept := pageOf(rows, size, pin, func(s store.Submission) store.Key { return store.Key{Text: s.Period} })
	page.Next = kept.Next
	for _, s := range kept.Items {
		page.Items = append(page.Items, Submission(s))
	}
	return page, nil
}

// PackPart is a part of a submission's zip.
type PackPart struct {
	Content []byte
	Size    int64 // of the whole
	Next    int64 // first byte of the next part; 0: this was the last
}

// DownloadSubmission reads the part of a submission's zip that begins with a
// byte.
func (a *App) DownloadSubmission(ctx context.Context, period string, from int64) (PackPart, error) {
	s, err := a.GetSubmission(ctx, period)
	if err != nil {
		return PackPart{}, err
	}
	if from < 0 || from >= s.Size || from%store.PartSize != 0 {
		return PackPart{}, fault.InField("from", fault.InvalidArgument, "detail", fmt.Sprintf("a part of submission %s begins at a multiple of %d below %d", period, store.PartSize, s.Size))
	}
	part, err := a.store.SubmissionPart(ctx, period, from)
	if err != nil {
		return PackPart{}, err
	}
	out := PackPart{Content: part, Size: s.Size}
	if end := from + int64(len(part)); end < s.Size {
		out.Next = end
	}
	return out, nil
}

// SubmissionCheck sets beside each other what was signed of a table and what the
// ledger gives now.
type SubmissionCheck struct {
	Submission Submission
	Tables     []TableCheck
	Log        Checkpoint // the latest
}

// TableCheck is one table of it.
type TableCheck struct {
	Name        string // of the file
	Signed, Now string // SHA-256, hex
}

// VerifySubmission makes the tables of a submission anew from the ledger, as it
// was at the submission's position.
func (a *App) VerifySubmission(ctx context.Context, period string) (SubmissionCheck, error) {
	var out SubmissionCheck
	s, err := a.GetSubmission(ctx, period)
	if err != nil {
		return out, err
	}
	m, err := proof.ReadManifest(s.Manifest)
	if err != nil {
		return out, err
	}
	err = a.store.Read(ctx, func(ctx context.Context, r store.Reader) error {
		out = SubmissionCheck{Submission: s}
		p, err := exchange.ParsePeriod("period", period)
		if err != nil {
			return err
		}
		p.Position = s.Position
		tables, err := submissionTables(ctx, r, p)
		if err != nil {
			return err
		}
		now := map[string]string{}
		for _, t := range tables {
			content, err := t.CSV()
			if err != nil {
				return err
			}
			now[tableFile(t.Name)] = proof.Digest(content)
		}
		for _, f := range m.Files {
			if f.Ledger {
				out.Tables = append(out.Tables, TableCheck{f.Name, f.SHA256, now[f.Name]})
			}
		}
		last, err := r.LastCheckpoint(ctx)
		out.Log = Checkpoint(last)
		return err
	})
	return out, err
}

// submissionBook is the workbook of the tables, with the names of counties
// beside their codes.
func submissionBook(ctx context.Context, r store.Reader, p exchange.Period, tables []sheet.Table) ([]byte, error) {
	names := map[string]string{}
	var sheets []sheet.Table
	sheets = append(sheets, summaryOf(p))
	for _, t := range tables {
		named, err := withNames(ctx, r, t, names)
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, named)
	}
	return sheet.Workbook("Submission 上报 "+p.ID, sheets)
}

// withNames adds a column with the name after each column of codes.
func withNames(ctx context.Context, r store.Reader, t sheet.Table, names map[string]string) (sheet.Table, error) {
	for i := len(t.Columns) - 1; i >= 0; i-- {
		if title, ok := countyNames[t.Columns[i].Name]; ok {
			rows := make([][]string, len(t.Rows))
			for k, row := range t.Rows {
				name, err := countyName(ctx, r, row[i], names)
				if err != nil {
					return t, err
				}
				rows[k] = slices.Insert(slices.Clone(row), i+1, name)
			}
			t.Rows = rows
			t.Columns = slices.Insert(slices.Clone(t.Columns), i+1, sheet.Column{Name: t.Columns[i].Name + "_name", Title: title, Width: 20})
		}
	}
	return t, nil
}

func countyName(ctx context.Context, r store.Reader, code string, names map[string]string) (string, error) {
	if name, ok := names[code]; ok {
		return name, nil
	}
	d, err := r.Division(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	names[code] = d.NameZH
	return d.NameZH, err
}
