package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/sealedbid"
)

// openedQuotes are the quotes on a demand as its key opened them.
type openedQuotes struct {
	Demand string        `json:"demand"`
	Quotes []openedQuote `json:"quotes"`
	// Position of the closing in the sealed log, if it was proved.
	Sealed int64 `json:"sealed,omitempty"`
}

type openedQuote struct {
	ID      string             `json:"id"`
	Says    *sealedbid.Content `json:"says,omitempty"`
	Content []byte             `json:"content,omitempty"`
	Wrong   string             `json:"wrong,omitempty"` // why it does not open
}

// openQuotes fetches, checks and opens the quotes on a demand.
func (a *app) openQuotes(ctx context.Context, in *pb.OpenQuotesRequest, keyFile string, verifier []string) (openedQuotes, error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return openedQuotes{}, err
	}
	out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.OpenQuotes), in)
	if err != nil {
		return openedQuotes{}, err
	}
	d := out.GetDemand()
	found := openedQuotes{Demand: d.GetId()}
	closing := sealedbid.Closing{Demand: d.GetId(), Revision: int(d.GetRevision()), ClosesAt: d.GetCloseTime().AsTime()}
	for _, q := range out.GetQuotes() {
		closing.Quotes = append(closing.Quotes, sealedbid.Sealed{
			ID: q.GetQuote().GetId(), Digest: q.GetQuote().GetDigest(), Commitment: q.GetQuote().GetCommitment(),
		})
		found.Quotes = append(found.Quotes, openOne(d, q, string(key)))
	}
	if closing.Digest() != d.GetClosingDigest() {
		return found, fmt.Errorf("the quotes are not those that stood at the closing of %s: their digest is %s, the closing's %s",
			d.GetId(), closing.Digest(), d.GetClosingDigest())
	}
	if len(verifier) == 0 {
		return found, nil
	}
	found.Sealed, err = a.proveClosing(ctx, closing, verifier)
	return found, err
}

// openOne opens a quote and checks that it speaks of what it is kept as.
func openOne(d *pb.Demand, q *pb.SealedQuote, key string) openedQuote {
	kept := q.GetQuote()
	one := openedQuote{ID: kept.GetId()}
	content, says, err := sealedbid.Open(q.GetSealed(), key, kept.GetDigest(), kept.GetCommitment())
	switch {
	case err != nil:
		one.Wrong = err.Error()
	case says.Demand != d.GetId() || says.Seller != kept.GetSellerMemberId() || says.Product != kept.GetProductId():
		one.Wrong = "it speaks of another demand, seller or product"
	default:
		one.Says, one.Content = &says, content
	}
	return one
}

// proveClosing proves by the sealed log that the closing was what it is said to
// have been.
func (a *app) proveClosing(ctx context.Context, c sealedbid.Closing, verifier []string) (int64, error) {
	keys, err := a.verifierKeys(verifier)
	if err != nil {
		return 0, err
	}
	out, err := send(ctx, a, bind(pb.NewDemandServiceClient, pb.DemandServiceClient.GetDemandReceipt), &pb.GetDemandReceiptRequest{Id: c.Demand})
	if err != nil {
		return 0, err
	}
	r := out.GetReceipt()
	hashes := make([]proof.Bytes, len(r.GetProof()))
	for i, h := range r.GetProof() {
		hashes[i] = h
	}
	leaf, _, err := proof.Receipt{
		Format: r.GetFormat(), TransactionID: r.GetTransactionId(), Position: r.GetPosition(), Leaf: r.GetLeaf(), Proof: hashes, Checkpoint: r.GetCheckpoint(),
	}.Verify(keys)
	if err != nil {
		return 0, err
	}
	if leaf.ID != c.Demand || leaf.Memo != sealedbid.ClosingNotice(c) {
		return 0, fmt.Errorf("the sealed log says %q of the closing, and not %q", leaf.Memo, sealedbid.ClosingNotice(c))
	}
	return leaf.Position, nil
}

// opened prints quotes for comparison, the cheapest of its kind first.
func (p *printer) opened(found openedQuotes) error {
	slices.SortStableFunc(found.Quotes, func(a, b openedQuote) int {
		if a.Says == nil || b.Says == nil {
			return strings.Compare(a.Wrong, b.Wrong)
		}
		return int(min(max(a.Says.PriceFen-b.Says.PriceFen, -1), 1))
	})
	lines := [][]string{{"quote", "seller", "product", "quantity", "price_basis", "price_fen", "lead_days", "note", "wrong"}}
	for _, q := range found.Quotes {
		line := []string{q.ID, "", "", "", "", "", "", "", q.Wrong}
		if s := q.Says; s != nil {
			line = []string{q.ID, s.Seller, s.Product, fmt.Sprint(s.Quantity), s.PriceBasis, fmt.Sprint(s.PriceFen), fmt.Sprint(s.LeadDays), s.Note, ""}
		}
		lines = append(lines, line)
	}
	switch p.format {
	case formatJSON, formatYAML:
		return p.value(found)
	case formatCSV, formatXLSX:
		return p.csvLines(lines)
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	lines[0][5] = "price"
	for i, l := range lines {
		if i == 0 {
			_, _ = fmt.Fprintln(w, strings.ToUpper(strings.ReplaceAll(strings.Join(l, "\t"), "_", "-")))
			continue
		}
		if s := found.Quotes[i-1].Says; s != nil {
			l[5], l[7] = yuan(s.PriceFen), oneLine(s.Note)
		}
		l[8] = oneLine(l[8])
		_, _ = fmt.Fprintln(w, strings.Join(l, "\t"))
	}
	_ = w.Flush() // to memory
	if found.Sealed > 0 {
		fmt.Fprintf(&b, "the closing is at position %d of the sealed log\n", found.Sealed)
	}
	return p.write(b.Bytes())
}

func writeOpened(file string, found openedQuotes) error {
	text, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

// openedOrOpen reads what was opened from a file, or opens it by the key.
func (a *app) openedOrOpen(ctx context.Context, id, keyFile, openedFile string) (openedQuotes, error) {
	if openedFile == "" {
		return a.openQuotes(ctx, &pb.OpenQuotesRequest{Id: id}, keyFile, nil)
	}
	var found openedQuotes
	text, err := a.open(openedFile)
	if err != nil {
		return found, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return found, fmt.Errorf("%s: %w", openedFile, err)
	}
	if found.Demand != id {
		return found, fmt.Errorf("%s is of demand %s", openedFile, found.Demand)
	}
	return found, nil
}

// awardLines are the lines of an award: those that are awarded something, and
// with all the others that were opened.
func awardLines(found openedQuotes, awards []string, all bool) ([]*pb.AwardLine, error) {
	quantities := map[string]int64{}
	for _, s := range awards {
		id, text, ok := strings.Cut(s, "=")
		quantity, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil || quantity <= 0 {
			return nil, usagef("--quote takes QUOTE=QUANTITY, not %q", s)
		}
		if _, twice := quantities[id]; twice {
			return nil, usagef("--quote names %s twice", id)
		}
		quantities[id] = quantity
	}
	var lines []*pb.AwardLine
	for _, q := range found.Quotes {
		quantity, wins := quantities[q.ID]
		delete(quantities, q.ID)
		if wins && q.Wrong != "" {
			return nil, fmt.Errorf("quote %s cannot be awarded: %s", q.ID, q.Wrong)
		}
		if wins || (all && q.Wrong == "") {
			lines = append(lines, &pb.AwardLine{QuoteId: q.ID, Quantity: quantity, Content: q.Content})
		}
	}
	for id := range quantities {
		return nil, fmt.Errorf("quote %s did not stand at the closing", id)
	}
	return lines, nil
}
