package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/proof"
)

func submissionsCommand(a *app) *cobra.Command {
	return group("submissions", "Frozen, signed packs of closed periods (上报)",
		request(a, "create ID", "Make a closed period's pack: 2026-11, or 2026",
			bind(pb.NewSubmissionServiceClient, pb.SubmissionServiceClient.CreateSubmission), &pb.CreateSubmissionRequest{}),
		request(a, "list", "List the submissions",
			bind(pb.NewSubmissionServiceClient, pb.SubmissionServiceClient.ListSubmissions), &pb.ListSubmissionsRequest{}),
		request(a, "get ID", "Show a submission and its manifest",
			bind(pb.NewSubmissionServiceClient, pb.SubmissionServiceClient.GetSubmission), &pb.GetSubmissionRequest{}),
		submissionsDownload(a), submissionsVerify(a))
}

func submissionsDownload(a *app) *cobra.Command {
	in := &pb.DownloadSubmissionRequest{}
	var file, folder string
	cmd := command("download ID", "Save a submission's pack, as a zip or as a folder", in, func(ctx context.Context) error {
		content, err := a.downloadPack(ctx, in)
		if err != nil {
			return err
		}
		if folder != "" {
			return a.unpack(content, folder)
		}
		if file == "" {
			file = "submission-" + in.GetId() + ".zip"
		}
		if file == "-" {
			return a.printer().write(content)
		}
		if err := saveNew(file, content); err != nil {
			return err
		}
		a.note("saved %s, %d bytes", file, len(content))
		return nil
	})
	cmd.Flags().StringVar(&file, "file", "", "file to save it to; - is stdout (default submission-ID.zip)")
	cmd.Flags().StringVar(&folder, "folder", "", "folder to unpack it into, which must be new")
	cmd.MarkFlagsMutuallyExclusive("file", "folder")
	cmd.Example = "  sushaanctl submissions download 2026-11\n  sushaanctl submissions download 2026-11 --folder november"
	return cmd
}

// downloadPack gets a pack part by part.
func (a *app) downloadPack(ctx context.Context, in *pb.DownloadSubmissionRequest) ([]byte, error) {
	var content []byte
	call := bind(pb.NewSubmissionServiceClient, pb.SubmissionServiceClient.DownloadSubmission)
	for in.FromByte = 0; ; {
		part, err := invoke(ctx, a, call, in)
		if err != nil {
			return nil, err
		}
		content = append(content, part.GetContent()...)
		next := part.GetNextByte()
		if next == 0 {
			return content, nil
		}
		if next <= in.GetFromByte() || next > maxPack {
			return nil, errors.New("the server gives parts that do not follow each other")
		}
		in.FromByte = next
	}
}

// maxPack bounds a pack that is read: its bytes.
const maxPack = 256 << 20

// saveNew writes a file that is not there yet: what was submitted before is not
// written over.
func saveNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

func (a *app) unpack(content []byte, folder string) error {
	pack, err := proof.OpenPack(content)
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	for _, name := range pack.Names() {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the pack has a file %q outside of its folder", name)
		}
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := saveNew(path, pack[name]); err != nil {
			return err
		}
	}
	a.note("saved %d files in %s", len(pack), folder)
	return nil
}

func submissionsVerify(a *app) *cobra.Command {
	var keyFiles []string
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Verify a pack by the key alone, then against the ledger as it is now", Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			keys, err := a.verifierKeys(keyFiles)
			if err != nil {
				return err
			}
			pack, err := a.openPack(args[0])
			if err != nil {
				return err
			}
			return a.verifyAgainstLedger(cmd.Context(), pack, keys)
		},
	}
	cmd.Long = `Verify proves a pack, a zip or a folder, by the exchange's public keys as "verify"
does. Then it asks the server to make every table anew from the ledger as it was
at the pack's position, compares their hashes with the pack's itself, and lets
the server prove that the log of today begins with the log of the pack.`
	keyVar(cmd, &keyFiles)
	return cmd
}

// openPack reads a pack: a zip, or a folder that it was unpacked into.
func (a *app) openPack(name string) (proof.Pack, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return readFolder(name)
	}
	content, err := a.open(name)
	if err != nil {
		return nil, err
	}
	return proof.OpenPack(content)
}

func readFolder(folder string) (proof.Pack, error) {
	pack := proof.Pack{}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		pack[filepath.ToSlash(name)], err = root.ReadFile(name)
		return err
	})
	return pack, err
}

// verifyPack proves a pack offline.
func (a *app) verifyPack(pack proof.Pack, keys proof.Keys) error {
	m, c, err := pack.Verify(keys)
	if err != nil {
		return err
	}
	v := verified{Verified: "submission", By: m.By, Period: m.Period, Size: c.Size}
	return a.printer().verified(v, packLines(m, c)...)
}

func packLines(m proof.Manifest, c proof.Checkpoint) []string {
	by := "the same key"
	if c.By != m.By {
		by = c.By
	}
	return []string{
		fmt.Sprintf("the submission of period %s, %s to %s, is as it was signed: %d files", m.Period, m.FirstDay, m.LastDay, len(m.Files)),
		fmt.Sprintf("it was read from the log of %d transactions, which %s has signed", m.Position, by),
	}
}

func (a *app) verifyAgainstLedger(ctx context.Context, pack proof.Pack, keys proof.Keys) error {
	m, c, err := pack.Verify(keys)
	if err != nil {
		return err
	}
	now, err := invoke(ctx, a, bind(pb.NewSubmissionServiceClient, pb.SubmissionServiceClient.VerifySubmission), &pb.VerifySubmissionRequest{Id: m.Period})
	if err != nil {
		return err
	}
	tables := map[string]string{}
	for _, t := range now.GetTables() {
		tables[t.GetName()] = t.GetLedgerSha256()
	}
	compared := 0
	for _, f := range m.Files {
		if !f.Ledger {
			continue
		}
		compared++
		if tables[f.Name] != f.SHA256 {
			return fault.New(fault.LedgerDiffers, "difference", fmt.Sprintf("%s of the submission of %s is not what the ledger gives at position %d", f.Name, m.Period, m.Position))
		}
	}
	to, err := a.grewFrom(ctx, c, keys)
	if err != nil {
		return err
	}
	v := verified{Verified: "submission", By: m.By, Period: m.Period, From: c.Size, Size: to.Size}
	return a.printer().verified(v, append(packLines(m, c),
		fmt.Sprintf("it equals the ledger at position %d: %d tables were made anew", m.Position, compared),
		fmt.Sprintf("the log of %d transactions begins with the log that it was read from", to.Size))...)
}

// grewFrom lets the server prove that the log of today begins with that of a
// checkpoint, and checks the proof.
func (a *app) grewFrom(ctx context.Context, c proof.Checkpoint, keys proof.Keys) (proof.Checkpoint, error) {
	out, err := invoke(ctx, a, bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetConsistency), &pb.GetConsistencyRequest{FromSize: c.Size})
	if err != nil {
		return c, err
	}
	p := out.GetConsistency()
	from, to, err := proof.Consistency{Format: p.GetFormat(), From: p.GetFrom(), To: p.GetTo(), Proof: proof.Hashes(p.GetProof())}.Verify(keys)
	if err == nil && !from.Same(c) {
		err = fault.New(fault.LedgerDiffers, "difference", fmt.Sprintf("the log of %d transactions is another than the submission was read from", c.Size))
	}
	return to, err
}
