package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/proof"
)

func verifyCommand(a *app) *cobra.Command {
	var keyFiles []string
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Verify a receipt, a submission, or the way from one checkpoint to another, without any network",
		Args: exactly("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			keys, err := a.verifierKeys(keyFiles)
			if err != nil {
				return err
			}
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				pack, err := readFolder(args[0])
				if err != nil {
					return err
				}
				return a.verifyPack(pack, keys)
			}
			content, err := a.open(args[0])
			if err != nil {
				return err
			}
			return a.verify(content, keys)
		},
	}
	cmd.Long = `Verify proves what a file says by the exchange's public keys alone. It asks no
server. The file is the JSON of "ledger receipt" or "ledger consistency"
(-o json), or of the HTTP API, or the zip or folder of "submissions download"; -
reads it from stdin.`
	cmd.Example = "  sushaanctl ledger receipt 61-… -o json > receipt.json\n  sushaanctl verify receipt.json --key verifier.key"
	keyVar(cmd, &keyFiles)
	return cmd
}

// keyVar gives a command the flag that names the exchange's public keys.
func keyVar(cmd *cobra.Command, files *[]string) {
	cmd.Flags().StringArrayVar(files, "key", nil, "file with the exchange's public keys (verifier.key); may be given more than once")
	require(cmd, "key")
}

func (a *app) verifierKeys(files []string) (proof.Keys, error) {
	texts := make([]string, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return proof.Keys{}, err
		}
		texts[i] = string(text)
	}
	return proof.ParseKeys(texts...)
}

// verified is what a file proves.
type verified struct {
	Verified    string          `json:"verified"`
	By          string          `json:"by"`
	Transaction json.RawMessage `json:"transaction,omitempty"`
	Period      string          `json:"period,omitempty"`
	From        int64           `json:"from,omitempty"` // size of the earlier checkpoint
	Size        int64           `json:"size"`           // of the log that the checkpoint signs
	Sealed      []proof.Span    `json:"sealed,omitempty"`
}

func (a *app) verify(content []byte, keys proof.Keys) error {
	if proof.IsZip(content) {
		pack, err := proof.OpenPack(content)
		if err != nil {
			return err
		}
		return a.verifyPack(pack, keys)
	}
	f, err := proof.DecodeFile(content)
	if err != nil {
		return err
	}
	var v verified
	if f.Receipt == nil {
		from, to, err := f.Consistency.Verify(keys)
		if err != nil {
			return err
		}
		v.Verified, v.By, v.From, v.Size = "consistency", to.By, from.Size, to.Size
		return a.printer().verified(v, fmt.Sprintf(
			"the log of %d transactions begins with the log of %d: nothing that was sealed by then was changed", to.Size, from.Size))
	}
	leaf, c, err := f.Receipt.Verify(keys)
	if err != nil {
		return err
	}
	v.Verified, v.By, v.Size, v.Transaction = "receipt", c.By, c.Size, json.RawMessage(f.Receipt.Leaf)
	lines := []string{fmt.Sprintf("transaction %s is at position %d of the log of %d transactions", leaf.ID, leaf.Position, c.Size),
		fmt.Sprintf("%s of %s, %s", leaf.Kind, subjectOf(leaf), leaf.Time.In(exchange.China).Format(time.RFC3339))}
	for _, e := range leaf.Entries {
		lines = append(lines, fmt.Sprintf("%s of %s: %s yuan %s", e.AccountKind, e.AccountOwner, yuan(e.AmountFen), e.Measure))
	}
	return a.printer().verified(v, lines...)
}

// subjectOf is the order of a transaction, or what a notice says.
func subjectOf(leaf proof.Leaf) string {
	if leaf.OrderID == "" {
		return leaf.Memo
	}
	return "order " + leaf.OrderID
}

// verified prints what was proved.
func (p *printer) verified(v verified, lines ...string) error {
	switch p.format {
	case formatJSON, formatYAML:
		return p.value(v)
	case formatCSV, formatXLSX:
		return p.csvLines([][]string{{"verified", "by", "from", "size"}, {v.Verified, v.By, fmt.Sprint(v.From), fmt.Sprint(v.Size)}})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "verified by %s\n", v.By)
	for _, l := range lines {
		fmt.Fprintln(&b, oneLine(l))
	}
	return p.write(b.Bytes())
}

func ledgerReceipt(a *app) *cobra.Command {
	cmd := request(a, "receipt ID", "Get a transaction's receipt: a file that proves that it is in the log",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetReceipt), &pb.GetReceiptRequest{})
	cmd.Example = "  sushaanctl ledger receipt 61-… -o json > receipt.json"
	return cmd
}

func ledgerCheckpoint(a *app) *cobra.Command {
	in := &pb.GetCheckpointRequest{}
	cmd := request(a, "checkpoint", "Get a signed checkpoint of the log, the latest unless a size is given",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetCheckpoint), in)
	cmd.Flags().Int64Var(&in.Size, "size", 0, "number of transactions that the checkpoint is of")
	return cmd
}

func ledgerConsistency(a *app) *cobra.Command {
	in := &pb.GetConsistencyRequest{}
	cmd := request(a, "consistency", "Get the proof that the log of a later checkpoint begins with that of an earlier one",
		bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.GetConsistency), in)
	cmd.Flags().Int64Var(&in.FromSize, "from", 0, "size of the earlier checkpoint")
	cmd.Flags().Int64Var(&in.ToSize, "to", 0, "size of the later checkpoint (default the latest)")
	return require(cmd, "from")
}

// auditPage is how many transactions an audit reads at once.
const auditPage = 500

func ledgerVerify(a *app) *cobra.Command {
	var keyFiles []string
	var keptFile string
	cmd := &cobra.Command{
		Use: "verify", Short: "Audit the whole ledger against a checkpoint that was kept", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, err := a.verifierKeys(keyFiles)
			if err != nil {
				return err
			}
			var kept proof.Checkpoint
			if keptFile != "" {
				if kept, err = a.keptCheckpoint(keptFile, keys); err != nil {
					return err
				}
			}
			return a.audit(cmd.Context(), keys, kept)
		},
	}
	cmd.Long = `Verify reads the whole log through the API, each transaction made anew from the
ledger's rows, and computes every hash and root itself. It trusts the exchange's
public keys and the checkpoint given, and names the first transaction that
differs, and which key sealed which part. Exit code 1: something differs.`
	keyVar(cmd, &keyFiles)
	cmd.Flags().StringVar(&keptFile, "checkpoint", "", "file with a checkpoint kept elsewhere: a signed note, or JSON that holds one")
	return cmd
}

// keptCheckpoint reads a checkpoint: a signed note as it is, or any JSON of the
// exchange that has one.
func (a *app) keptCheckpoint(file string, keys proof.Keys) (proof.Checkpoint, error) {
	content, err := a.open(file)
	if err != nil {
		return proof.Checkpoint{}, err
	}
	text := string(content)
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var holder struct {
			Checkpoint string `json:"checkpoint"`
			Receipt    struct {
				Checkpoint string `json:"checkpoint"`
			} `json:"receipt"`
		}
		if err := json.Unmarshal(content, &holder); err != nil {
			return proof.Checkpoint{}, fmt.Errorf("%s: %w", file, err)
		}
		text = holder.Checkpoint + holder.Receipt.Checkpoint
	}
	return proof.OpenCheckpoint(text, keys)
}

func (a *app) audit(ctx context.Context, keys proof.Keys, kept proof.Checkpoint) error {
	audit := proof.NewAudit(keys, kept)
	in := &pb.ListSealsRequest{PageSize: auditPage}
	call := bind(pb.NewLedgerServiceClient, pb.LedgerServiceClient.ListSeals)
	for {
		out, err := invoke(ctx, a, call, in)
		if err != nil {
			return err
		}
		leaves := make([]proof.SealedLeaf, len(out.GetSeals()))
		for i, s := range out.GetSeals() {
			leaves[i] = proof.SealedLeaf{Position: s.GetPosition(), ID: s.GetTransactionId(), Leaf: s.GetLeaf(), LeafHash: s.GetLeafHash()}
		}
		if err := audit.Page(leaves, out.GetCheckpoints()); err != nil {
			return err
		}
		if out.GetNextPageToken() == "" {
			if err := audit.End(out.GetUnknownIds()); err != nil {
				return err
			}
			break
		}
		in.PageToken = out.GetNextPageToken()
	}
	v := verified{Verified: "ledger", From: kept.Size, Size: audit.Size(), Sealed: audit.Spans()}
	line := fmt.Sprintf("%d transactions are what was sealed, each entry of them", audit.Size())
	if kept.Size > 0 {
		line += fmt.Sprintf("; the first %d as the checkpoint that was kept says", kept.Size)
	}
	lines := []string{line}
	for _, s := range v.Sealed {
		v.By = s.By // the last one seals now
		lines = append(lines, fmt.Sprintf("from the log of %d to that of %d transactions it was sealed by %s", s.From, s.To, s.By))
	}
	if len(v.Sealed) == 1 {
		lines = lines[:1]
	}
	return a.printer().verified(v, lines...)
}
