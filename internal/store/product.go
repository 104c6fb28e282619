package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/store/db"
)

func productOf(r db.Product) exchange.Product {
	return exchange.Product{
		ID: r.ID, Producer: r.ProducerID, NameZH: r.NameZh, NameEN: r.NameEn, Category: exchange.Category(r.Category),
		Origin: r.Origin, BaseUnit: exchange.BaseUnit(r.BaseUnit), SalesUnit: r.SalesUnit, UnitQuantity: r.UnitQuantity,
		CatchWeight: r.CatchWeight, ReferenceFen: r.ReferenceFen, Storage: r.Storage, CreatedAt: r.CreatedAt.UTC(),
	}
}

// Product reads a product.
func (r Reader) Product(ctx context.Context, id uuid.UUID) (exchange.Product, error) {
	row, err := r.q.ProductGet(ctx, id)
	return mapRow(row, err, productOf)
}

// InsertProduct queues a new product.
func (t *Tx) InsertProduct(ctx context.Context, p exchange.Product) error {
	return errors.Join(t.write.ProductInsert(ctx, db.ProductInsertParams{
		ID: p.ID, ProducerID: p.Producer, NameZh: p.NameZH, NameEn: p.NameEN, Category: string(p.Category), Origin: p.Origin,
		BaseUnit: string(p.BaseUnit), SalesUnit: p.SalesUnit, UnitQuantity: p.UnitQuantity, CatchWeight: p.CatchWeight,
		ReferenceFen: p.ReferenceFen, Storage: p.Storage, CreatedAt: p.CreatedAt,
	}), t.putProductTerms(ctx, p.ID, p.NameZH, p.NameEN))
}

func certificateOf(r db.Certificate) exchange.Certificate {
	return exchange.Certificate{
		ID: r.ID, Product: r.ProductID, Producer: r.ProducerID, Scheme: exchange.Scheme(r.Scheme), Number: r.Number,
		Origin: r.Origin, AnnualQuantity: r.AnnualQuantity, AnnualValueFen: r.AnnualValueFen, Households: r.Households,
		Valid: spanOf(r.ValidFrom, r.ValidTo), State: exchange.CertificateState(r.State), StateReason: r.StateReason,
		CreatedAt: r.CreatedAt.UTC(),
	}
}

// Certificate reads a certificate.
func (r Reader) Certificate(ctx context.Context, id uuid.UUID) (exchange.Certificate, error) {
	row, err := r.q.CertificateGet(ctx, id)
	return mapRow(row, err, certificateOf)
}

// LockCertificate reads a certificate that is going to be changed.
func (t *Tx) LockCertificate(ctx context.Context, id uuid.UUID) (exchange.Certificate, error) {
	row, err := t.q.CertificateLock(ctx, id)
	return mapRow(row, err, certificateOf)
}

// InsertCertificate queues a new certificate.
func (t *Tx) InsertCertificate(ctx context.Context, c exchange.Certificate) error {
	return t.write.CertificateInsert(ctx, db.CertificateInsertParams{
		ID: c.ID, ProductID: c.Product, ProducerID: c.Producer, Scheme: string(c.Scheme), Number: c.Number, Origin: c.Origin,
		AnnualQuantity: c.AnnualQuantity, AnnualValueFen: c.AnnualValueFen, Households: c.Households,
		ValidFrom: string(c.Valid.From), ValidTo: string(c.Valid.To), State: string(c.State), StateReason: c.StateReason,
		CreatedAt: c.CreatedAt,
	})
}

// UpdateCertificate queues a certificate's state.
func (t *Tx) UpdateCertificate(ctx context.Context, c exchange.Certificate) error {
	_, err := t.write.CertificateUpdate(ctx, string(c.State), c.StateReason, c.ID)
	return err
}

// CertificatesPastValidity lists certificates whose last day has passed.
func (r Reader) CertificatesPastValidity(ctx context.Context, today exchange.Day, limit int) ([]uuid.UUID, error) {
	ids, err := r.q.CertificatesPastValidity(ctx, string(today), int32(limit))
	return ids, readError(err)
}

var (
	products = table{
		from: "products", time: "created_at", id: "id", filters: same("id", "producer_id", "origin", "category"),
		terms: "product_terms x WHERE x.product_id = products.id",
		// An index with a bound is not a table gone through (tunePages).
		newest: " AND created_at >= '1970-01-01 00:00:00+00'",
	}
	certificates = table{
		from: "certificates", time: "created_at", id: "id",
		filters: same("id", "product_id", "producer_id", "origin", "state"),
	}
)

// ListProducts lists products, the newest first.
func (r Reader) ListProducts(ctx context.Context, l List) ([]exchange.Product, error) {
	if len(l.Terms) > 0 {
		var err error
		if l.found, err = r.productsFound(ctx, l.Terms); err != nil || l.found.none() {
			return nil, err
		}
	}
	return list(ctx, r, products, l, productOf)
}

// ListCertificates lists certificates, the newest first.
func (r Reader) ListCertificates(ctx context.Context, l List) ([]exchange.Certificate, error) {
	return list(ctx, r, certificates, l, certificateOf)
}
