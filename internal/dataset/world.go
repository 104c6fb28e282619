// Package dataset makes large data of a fixed seed, to measure and to look at:
// invented organisations that trade for two years, with orders, requests,
// decisions and a ledger that hold every invariant, as if all of it had gone
// through the exchange.
package dataset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/store"
)

// The two years of trade.
const (
	firstDay exchange.Day = "2024-01-01"
	lastDay  exchange.Day = "2025-12-31"
)

const (
	revision = "dataset-volume-1" // stands for a policy revision
	unit     = 1000               // g, the sales unit
	annual   = 1_000_000_000_000  // base units that a certificate and its offers have in a year
)

// world are those who trade and what they sell.
type world struct {
	random  *rand.Rand
	buyers  map[string][]exchange.Member // by province
	offers  map[string][]*goods          // by the seller's province
	members []exchange.Member
	sides   []exchange.Alliance
}

// goods are what one seller offers, an offer each year.
type goods struct {
	seller      exchange.Member
	product     exchange.Product
	certificate exchange.Certificate
	offers      map[int]*exchange.Offer
	poverty     bool // of the 56 designated counties
}

// id is a random UUID of the fixed seed.
func (w *world) id() uuid.UUID {
	var b [16]byte
	for i := range b {
		b[i] = byte(w.random.Uint32())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return b
}

// pick chooses one, the first ones more often than the last.
func pick[T any](w *world, list []T) T {
	return list[min(w.random.IntN(len(list)), w.random.IntN(len(list)))]
}

var (
	categories = []exchange.Category{
		exchange.FreshFruit, exchange.Grain, exchange.EdibleFungi, exchange.Tea, exchange.Meat, exchange.Nuts, exchange.Processed,
		exchange.DriedFruit, exchange.Condiment, exchange.Poultry,
	}
	classes = []exchange.MemberClass{
		exchange.BudgetUnitSchool, exchange.BudgetUnitHospital, exchange.RetailChain, exchange.Union, exchange.BudgetUnitGov,
		exchange.PrivateFirm, exchange.UniversityLogistics, exchange.SOE, exchange.Charity, exchange.Military,
	}
	channels = []exchange.Channel{exchange.Platform, exchange.Zone, exchange.Hall, exchange.Cabinet}
)

// newWorld invents an organisation on each side for every county that held
// throughout the two years.
func newWorld(random *rand.Rand) (*world, error) {
	divisions, err := reference.Divisions()
	if err != nil {
		return nil, err
	}
	w := &world{random: random, buyers: map[string][]exchange.Member{}, offers: map[string][]*goods{}}
	alliances := map[string]exchange.Alliance{}
	for _, home := range []string{exchange.Jiangsu, exchange.Shaanxi} {
		for side, zh := range map[exchange.Side]string{exchange.Buyer: "买方联盟", exchange.Seller: "卖方联盟"} {
			alliances[home+string(side)] = exchange.Alliance{
				NameZH: fmt.Sprintf("数据集%s%s(虚构)", home, zh), NameEN: fmt.Sprintf("dataset %s alliance of %s", side, home), Side: side, Home: home,
				CreatedAt: firstDay.Start(),
			}
		}
	}
	for _, home := range []string{exchange.Jiangsu, exchange.Shaanxi} {
		for _, side := range []exchange.Side{exchange.Buyer, exchange.Seller} {
			a := alliances[home+string(side)]
			a.ID = w.id()
			alliances[home+string(side)] = a
			w.sides = append(w.sides, a)
		}
	}
	for _, d := range divisions {
		if d.Level != 3 || !d.Valid.Covers(firstDay) || !d.Valid.Covers(lastDay) {
			continue
		}
		home := exchange.Province(d.Code)
		buyer := w.member(d, alliances[home+string(exchange.Buyer)], classes[len(w.members)/2%len(classes)])
		w.buyers[home] = append(w.buyers[home], buyer)
		seller := w.member(d, alliances[home+string(exchange.Seller)], exchange.Cooperative)
		w.offers[home] = append(w.offers[home], w.goods(d, seller))
	}
	return w, nil
}

func (w *world) member(d exchange.Division, a exchange.Alliance, class exchange.MemberClass) exchange.Member {
	m := exchange.Member{
		ID: w.id(), Alliance: a.ID, Side: a.Side, CreditCode: exchange.CreditCode("93" + d.Code + fmt.Sprintf("DT%07d", len(w.members))),
		NameZH: d.NameZH + "数据集单位(虚构)", NameEN: "dataset unit of " + d.NameEN, Class: class, Division: d.Code,
		State: exchange.MemberActive, AdmittedAt: firstDay.Start(),
	}
	w.members = append(w.members, m)
	return m
}

// goods certifies one product of a seller and offers it in both years. The
// offers are over by now.
func (w *world) goods(d exchange.Division, seller exchange.Member) *goods {
	scheme := exchange.ConsumptionAid2024
	if exchange.Province(d.Code) == exchange.Jiangsu {
		scheme = exchange.JiangsuAidProduct
	}
	price := int64(500 + w.random.IntN(9500))
	p := exchange.Product{
		ID: w.id(), Producer: seller.ID, NameZH: d.NameZH + "特产", NameEN: "speciality of " + d.NameEN,
		Category: categories[len(w.members)/2%len(categories)], Origin: d.Code, BaseUnit: exchange.Gram, SalesUnit: "1 kg", UnitQuantity: unit,
		ReferenceFen: price, CreatedAt: firstDay.Start(),
	}
	g := &goods{seller: seller, product: p, poverty: d.Poverty56, offers: map[int]*exchange.Offer{}}
	g.certificate = exchange.Certificate{
		ID: w.id(), Product: p.ID, Producer: seller.ID, Scheme: scheme, Number: "DATASET-" + d.Code, Origin: d.Code,
		AnnualQuantity: annual, AnnualValueFen: annual / unit * price, Households: 1 + w.random.IntN(200),
		Valid: exchange.Span{From: firstDay, To: lastDay}, State: exchange.CertificateExpired, CreatedAt: firstDay.Start(),
	}
	for year := firstDay.Year(); year <= lastDay.Year(); year++ {
		from := exchange.Day(fmt.Sprintf("%d-01-01", year))
		to := exchange.Day(fmt.Sprintf("%d-12-31", year))
		g.offers[year] = &exchange.Offer{
			ID: exchange.ID{Home: exchange.Province(d.Code), UUID: w.id()}, Seller: seller.ID, SellerAlliance: seller.Alliance,
			SellerDivision: d.Code, Product: p.ID, Certificate: g.certificate.ID, Scheme: scheme, NameZH: p.NameZH, NameEN: p.NameEN,
			Category: p.Category, Origin: d.Code, BaseUnit: exchange.Gram, SalesUnit: p.SalesUnit, UnitQuantity: unit, Quantity: annual,
			MOQ: unit, PriceBasis: exchange.PerSalesUnit, PriceFen: price, Season: exchange.Span{From: from, To: to}, LeadDays: 5,
			AutoConfirm: true, Way: exchange.Spot, State: exchange.OfferExpired, CapacityYear: year, CreatedAt: from.Start(), UpdatedAt: to.Plus(1).Start(),
		}
	}
	return g
}

// directory writes those who trade.
func (w *world) directory(ctx context.Context, tx *store.Tx) error {
	for _, a := range w.sides {
		if err := tx.InsertAlliance(ctx, a); err != nil {
			return err
		}
	}
	for _, m := range w.members {
		if err := tx.InsertMember(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// catalog writes what was sold, when it is known how much of each.
func (w *world) catalog(ctx context.Context, tx *store.Tx) error {
	for _, home := range []string{exchange.Jiangsu, exchange.Shaanxi} {
		for _, g := range w.offers[home] {
			if err := tx.InsertProduct(ctx, g.product); err != nil {
				return err
			}
			if err := tx.InsertCertificate(ctx, g.certificate); err != nil {
				return err
			}
			for year := firstDay.Year(); year <= lastDay.Year(); year++ {
				if err := w.offer(ctx, tx, g, year); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) offer(ctx context.Context, tx *store.Tx, g *goods, year int) error {
	o := g.offers[year]
	value, err := o.ValueFen(o.Taken)
	if err != nil {
		return err
	}
	if err := tx.InsertOffer(ctx, *o); err != nil {
		return err
	}
	taken := exchange.Capacity{
		Home: o.ID.Home, Certificate: o.Certificate, Year: year, Quantity: g.certificate.AnnualQuantity,
		ValueFen: g.certificate.AnnualValueFen, TakenQuantity: o.Taken, TakenValueFen: value,
	}
	if err := tx.OpenCapacity(ctx, taken); err != nil {
		return err
	}
	return tx.UpdateCapacity(ctx, taken)
}

// at is some instant of a day, to the microsecond.
func (w *world) at(d exchange.Day) time.Time {
	return d.Start().Add(time.Duration(w.random.Int64N(int64(24*time.Hour/time.Microsecond))) * time.Microsecond).UTC()
}
