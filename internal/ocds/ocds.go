// Package ocds says what trades are in the words of the Open Contracting Data
// Standard 1.1: one contracting process for each order. It is the only place
// where fen become a decimal number. It is pure.
package ocds

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
)

// Version of the standard.
const Version = "1.1"

// Process is what is known of an order.
type Process struct {
	Order         exchange.Order
	Product       exchange.Product
	Buyer, Seller exchange.Member // without names where they are not to be told
	Payer         exchange.Member // who pays; without an id: the buyer
	Payments      []exchange.Payment
}

// Yuan is an amount as a JSON number with two decimals, exact to the fen.
type Yuan int64

// MarshalJSON writes the number.
func (y Yuan) MarshalJSON() ([]byte, error) {
	sign, fen := "", uint64(y)
	if y < 0 {
		// Negating unsigned is right for the smallest number too.
		sign, fen = "-", -fen
	}
	return fmt.Appendf(nil, "%s%d.%02d", sign, fen/100, fen%100), nil
}

// Value is an amount of money.
type Value struct {
	Amount   Yuan   `json:"amount"`
	Currency string `json:"currency"`
}

func cny(fen int64) Value { return Value{Yuan(fen), "CNY"} }

// Reference names an organisation of the release's parties.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Identifier of an organisation in a register.
type Identifier struct {
	Scheme    string `json:"scheme"`
	ID        string `json:"id"`
	LegalName string `json:"legalName,omitempty"`
}

// Organization is a party of the process.
type Organization struct {
	ID         string      `json:"id"`
	Name       string      `json:"name,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
	Roles      []string    `json:"roles"`
}

// Unit of an item.
type Unit struct {
	Name  string `json:"name"`
	Value *Value `json:"value,omitempty"`
}

// Item is what is bought. Quantities are whole base units.
type Item struct {
	ID             string          `json:"id"`
	Description    string          `json:"description"`
	Classification *Classification `json:"classification,omitempty"`
	Quantity       int64           `json:"quantity"`
	Unit           Unit            `json:"unit"`
}

// Classification of an item.
type Classification struct {
	Scheme string `json:"scheme"`
	ID     string `json:"id"`
}

// Tender is the offer that the order was placed on.
type Tender struct {
	ID                      string `json:"id"`
	Status                  string `json:"status"`
	ProcurementMethod       string `json:"procurementMethod"`
	MainProcurementCategory string `json:"mainProcurementCategory"`
}

// Award is the seller's confirmation.
type Award struct {
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	Date      string      `json:"date"`
	Value     Value       `json:"value"`
	Suppliers []Reference `json:"suppliers"`
	Items     []Item      `json:"items"`
}

// Contract is the confirmed order.
type Contract struct {
	ID             string          `json:"id"`
	AwardID        string          `json:"awardID"`
	Status         string          `json:"status"`
	DateSigned     string          `json:"dateSigned"`
	Value          Value           `json:"value"`
	Items          []Item          `json:"items"`
	Implementation *Implementation `json:"implementation,omitempty"`
}

// Implementation has the money that moved.
type Implementation struct {
	Transactions []Transaction `json:"transactions"`
}

// Transaction is a payment.
type Transaction struct {
	ID    string    `json:"id"`
	Date  string    `json:"date"`
	Value Value     `json:"value"`
	Payer Reference `json:"payer"`
	Payee Reference `json:"payee"`
}

// Release is what is known of a process at a time.
type Release struct {
	OCID           string         `json:"ocid"`
	ID             string         `json:"id"`
	Date           string         `json:"date"`
	Tag            []string       `json:"tag"`
	InitiationType string         `json:"initiationType"`
	Language       string         `json:"language"`
	Parties        []Organization `json:"parties"`
	Buyer          Reference      `json:"buyer"`
	Tender         Tender         `json:"tender"`
	Awards         []Award        `json:"awards"`
	Contracts      []Contract     `json:"contracts"`
}

// Record is a process with its releases and what they come to.
type Record struct {
	OCID            string    `json:"ocid"`
	Releases        []Release `json:"releases"`
	CompiledRelease Release   `json:"compiledRelease"`
}

// Contracted says whether an order ever was a contract. Others have no release.
func Contracted(o exchange.Order) bool { return o.CommitmentTx != uuid.Nil }

// ReleaseOf tells the process as it is now. The prefix is the publisher's.
func ReleaseOf(prefix string, p Process) Release {
	o := p.Order
	ocid := prefix + "-" + o.ID.String()
	r := Release{
		OCID: ocid, ID: fmt.Sprintf("%s-%d", ocid, o.UpdatedAt.UnixMicro()), Date: date(o.UpdatedAt), InitiationType: "tender", Language: "zh",
		Parties: parties(p),
		Buyer:   reference(p.Buyer), Tag: tags(p),
		Tender: Tender{ID: o.Offer.String(), Status: "complete", ProcurementMethod: "direct", MainProcurementCategory: category(o.Category)},
	}
	items := []Item{itemOf(p)}
	award := Award{
		ID: o.ID.String(), Status: "active", Date: date(o.CreatedAt), Value: cny(o.AmountFen), Suppliers: []Reference{reference(p.Seller)}, Items: items,
	}
	contract := Contract{
		ID: o.ID.String(), AwardID: award.ID, Status: contractStatus(o.State), DateSigned: date(o.CreatedAt), Value: cny(o.AmountFen), Items: items,
	}
	if o.State == exchange.OrderCancelled {
		award.Status = "cancelled"
	}
	if len(p.Payments) > 0 {
		contract.Implementation = &Implementation{}
	}
	for _, pay := range p.Payments {
		if pay.Kind == exchange.PaidDonation {
			continue // it is no part of the contract
		}
		t := Transaction{ID: pay.ID.String(), Date: date(pay.At), Value: cny(pay.AmountFen), Payer: reference(payerOf(p)), Payee: reference(p.Seller)}
		if pay.Kind == exchange.PaidBack {
			t.Payer, t.Payee = t.Payee, t.Payer
		}
		contract.Implementation.Transactions = append(contract.Implementation.Transactions, t)
	}
	r.Awards, r.Contracts = []Award{award}, []Contract{contract}
	return r
}

// payerOf is who pays: the buyer, or a member that pays for it.
func payerOf(p Process) exchange.Member {
	if p.Payer.ID == uuid.Nil {
		return p.Buyer
	}
	return p.Payer
}

// parties are the organisations of a process.
func parties(p Process) []Organization {
	seller := organization(p.Seller, "supplier", "payee")
	if payer := payerOf(p); payer.ID != p.Buyer.ID {
		return []Organization{organization(p.Buyer, "buyer"), organization(payer, "payer"), seller}
	}
	return []Organization{organization(p.Buyer, "buyer", "payer"), seller}
}

// RecordOf is the process with its release as it is now.
func RecordOf(prefix string, p Process) Record {
	r := ReleaseOf(prefix, p)
	compiled := r
	compiled.Tag = []string{"compiled"}
	return Record{OCID: r.OCID, Releases: []Release{r}, CompiledRelease: compiled}
}

func tags(p Process) []string {
	list := []string{"award", "contract"}
	if len(p.Payments) > 0 {
		list = append(list, "implementation")
	}
	if contractStatus(p.Order.State) == "terminated" {
		list = append(list, "contractTermination")
	}
	return list
}

// contractStatus is a word of the standard's closed list.
func contractStatus(s exchange.OrderState) string {
	switch s {
	case exchange.OrderCancelled:
		return "cancelled"
	case exchange.OrderRejected, exchange.OrderSettled, exchange.OrderRefunded:
		return "terminated"
	default:
		return "active"
	}
}

func category(c exchange.Category) string {
	if c == exchange.TourismService {
		return "services"
	}
	return "goods"
}

// itemOf is what was ordered; its unit is the base unit.
func itemOf(p Process) Item {
	return Item{
		ID: p.Order.Product.String(), Description: p.Product.NameZH, Quantity: p.Order.Quantity,
		Classification: &Classification{Scheme: "x_sushaan-category", ID: string(p.Order.Category)},
		Unit:           Unit{Name: string(p.Product.BaseUnit)},
	}
}

func reference(m exchange.Member) Reference { return Reference{ID: m.ID.String(), Name: m.NameZH} }

func organization(m exchange.Member, roles ...string) Organization {
	o := Organization{ID: m.ID.String(), Name: m.NameZH, Roles: roles}
	if m.CreditCode != "" {
		o.Identifier = &Identifier{Scheme: "CN-USCC", ID: m.CreditCode, LegalName: m.NameZH}
	}
	return o
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Package is the head of a package of releases or records, to be followed by them.
type Package struct {
	URI           string    `json:"uri"`
	Version       string    `json:"version"`
	PublishedDate string    `json:"publishedDate"`
	Publisher     Publisher `json:"publisher"`
}

// Publisher of a package.
type Publisher struct {
	Name string `json:"name"`
}

// Head is the beginning of a package's JSON, up to the list of what it holds,
// which is "releases" or "records". "]}" ends it.
func Head(uri, publisher, of string, at time.Time) ([]byte, error) {
	b, err := json.Marshal(Package{URI: uri, Version: Version, PublishedDate: date(at), Publisher: Publisher{publisher}})
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(b[:len(b)-1], ",%q:[", of), nil
}
