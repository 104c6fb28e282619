// Package demo runs a whole exchange on one machine: a database, sample data,
// people with tokens, the real server, and a scripted trade in both directions
// through the public HTTP API.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/reference"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

// Options of the demo.
type Options struct {
	Once        bool   // end after the story
	DataDir     string // empty: a temporary one
	DatabaseURL string // empty: localdb finds or starts one
	HTTP        Address
	GRPC        Address
	Metrics     Address
	Download    bool // a database may be downloaded

	Regions        int    // 0, or 3: a database in three regions and a gateway in each province
	NodesPerRegion int    // of the database
	Lose           string // the region that is lost while the exchange trades
}

// introduced are the people whom the story introduces, of the sample's.
var introduced = []string{
	school, "jiangsu-approver", cooperative, "shaanxi-secretary", county, team, "auditor", producer, retailer, riceCounty,
	"operator",
}

// Run starts everything, plays the story and, unless it is to run once, serves
// until the context ends.
func Run(ctx context.Context, o Options, out io.Writer) (err error) {
	if o.Regions > 0 {
		return runRegions(ctx, o, out)
	}
	s := &story{out: out, start: time.Now()}
	f, err := openFolder(o.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.remove()) }()
	s.chapter("The database 数据库")
	db, err := localdb.Start(ctx, localdb.Options{
		DatabaseURL: o.DatabaseURL, DataDir: f.database(), AllowDownload: o.Download,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Stop()) }()
	s.say("%s", db.Reason())
	srv, people, log, err := prepare(ctx, o, s, f, db.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := writeSecret(f.file("database-url"), []byte(db.URL()+"\n")); err != nil {
		return err
	}
	return serve(ctx, o, s, f, srv, people)
}

// prepare migrates, fills the exchange and makes its server and its people.
func prepare(ctx context.Context, o Options, s *story, f folder, db string) (*server.Server, []person, io.Closer, error) {
	fresh, err := migrate(ctx, s, f, db)
	if err != nil {
		return nil, nil, nil, err
	}
	at, err := choose(o.HTTP, o.GRPC, o.Metrics)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, note := range at.notes {
		s.say("%s", note)
	}
	pki, err := server.SelfSigned(f.path, []string{"localhost", "127.0.0.1", "::1"}, time.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	log, err := openLog(f.log())
	if err != nil {
		return nil, nil, nil, err
	}
	c := server.DefaultConfig()
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr = at.addresses[0], at.addresses[1], at.addresses[2]
	c.DatabaseURL, c.TLSCert, c.TLSKey = db, pki.CertFile, pki.KeyFile
	c.BankAccounts = sample.BankAccounts
	if c.SigningKey, err = sealKey(f); err != nil {
		return nil, nil, nil, errors.Join(err, log.Close())
	}
	if fresh {
		if err := earlier(ctx, s, f, c); err != nil {
			return nil, nil, nil, errors.Join(err, log.Close())
		}
		s.chapter("Today 今天")
	}
	srv, err := server.New(ctx, c, log)
	if err != nil {
		return nil, nil, nil, errors.Join(err, log.Close())
	}
	people, err := makePeople(ctx, s, f, srv, reachable(srv.GRPCAddr()))
	return srv, people, log, err
}

func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// migrate brings the schema up to date and loads the reference data. Fresh says that
// nothing was there before.
func migrate(ctx context.Context, s *story, f folder, db string) (fresh bool, err error) {
	// A change of schema takes long on three nodes of one busy machine.
	const statementTimeout = 10 * time.Minute
	st, err := store.Open(ctx, store.Config{URL: db, MaxConns: 4, StatementTimeout: statementTimeout, TxTimeout: statementTimeout})
	if err != nil {
		return false, err
	}
	defer st.Close()
	if err := ours(ctx, st, f); err != nil {
		return false, err
	}
	done, err := st.MigrateUp(ctx)
	if err != nil {
		return false, err
	}
	divisions, err := reference.Divisions()
	if err != nil {
		return false, err
	}
	pairings, err := reference.Pairings()
	if err != nil {
		return false, err
	}
	s.say("%d migrations applied; %d divisions and %d pairings loaded", len(done), len(divisions), len(pairings))
	return len(done) > 0 && done[0].Version == 1, st.LoadReference(ctx, divisions, pairings)
}

// makePeople seeds the sample and gives its people tokens, and contexts that
// call a gRPC address.
func makePeople(ctx context.Context, s *story, f folder, srv *server.Server, address string) ([]person, error) {
	ring := &keyring{folder: f, keys: map[string]identity.Key{}}
	seeded, err := sample.Seed(ctx, srv.App(), ring.issuer)
	if err != nil {
		return nil, err
	}
	var people []person
	for _, p := range sample.Personas() {
		one := person{name: p.Name, issuer: p.Issuer, subject: p.Subject}
		if p.Member != "" {
			one.credit = seeded.Members[p.Member].CreditCode
		}
		if err := ring.sign(&one, s.now()); err != nil {
			return nil, err
		}
		people = append(people, one)
	}
	s.say("%d alliances, %d members, %d authorities, %d people with a token each",
		len(seeded.Alliances), len(seeded.Members), len(seeded.Authorities), len(people))
	return people, writeContexts(f, people, address)
}

// serve runs the server and, beside it, the story.
func serve(ctx context.Context, o Options, s *story, f folder, srv *server.Server, people []person) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx) }()
	base := (&url.URL{Scheme: "https", Host: reachable(srv.HTTPAddr())}).String()
	err := tell(ctx, s, f, base, people)
	if err != nil || o.Once {
		stop()
		return errors.Join(err, <-served)
	}
	tour{
		folder: f, base: base, metrics: reachable(o.Metrics.Value), offer: s.offer, database: f.file("database-url"),
	}.tell(s)
	return <-served
}

// setUp makes the stage for a story over the HTTP API.
func setUp(s *story, f folder, base string, people []person) (*stage, error) {
	authority, err := os.ReadFile(f.authority())
	if err != nil {
		return nil, err
	}
	c, err := newClient(base, authority)
	if err != nil {
		return nil, err
	}
	play := &stage{story: s, client: c, names: introduced, people: map[string]person{}}
	for _, p := range people {
		play.people[p.name] = p
	}
	return play, nil
}

// tell plays the story over the HTTP API.
func tell(ctx context.Context, s *story, f folder, base string, people []person) error {
	play, err := setUp(s, f, base, people)
	if err != nil {
		return err
	}
	if err := play.play(ctx); err != nil {
		return fmt.Errorf("the demo did not come out as expected: %w", err)
	}
	s.say("\nEverything came out as expected, in %s. 演示完成。", s.elapsed())
	return nil
}
