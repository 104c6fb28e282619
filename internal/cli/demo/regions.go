package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sushaan/exchange/internal/cli/drill"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/localdb"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

// The regions of the demo, as localdb names them.
const (
	jiangsu = "cn-east-jiangsu"
	shaanxi = "cn-northwest-shaanxi"
	witness = "cn-central-henan"

	// LostRegion is the one that is lost unless somebody says otherwise: half of
	// the offers are at home there.
	LostRegion = shaanxi

	regionCount = 3
	mostNodes   = 3 // in a region
	// placeTime is for one change of schema.
	placeTime = 10 * time.Minute
	// startTime is for the nodes together.
	startTime = 3 * time.Minute
)

// Validate tells what is wrong with options.
func (o Options) Validate() error {
	switch {
	case o.Regions == 0 && o.NodesPerRegion > 1:
		return errors.New("--nodes-per-region is for --regions")
	case o.Regions == 0:
		return nil
	case o.Regions != regionCount:
		return fmt.Errorf("--regions is %d: two provinces and a witness", regionCount)
	case o.NodesPerRegion < 1 || o.NodesPerRegion > mostNodes:
		return fmt.Errorf("--nodes-per-region is 1 to %d", mostNodes)
	case o.DatabaseURL != "":
		return errors.New("--regions starts a database of its own: give no --database-url")
	case !slices.Contains([]string{jiangsu, shaanxi, witness}, o.Lose):
		return fmt.Errorf("--lose is one of %s, %s, %s", jiangsu, shaanxi, witness)
	}
	return nil
}

// runRegions runs the exchange in three regions, plays the story through a
// gateway, loses a region while trading, and tells what became of the requests.
func runRegions(ctx context.Context, o Options, out io.Writer) (err error) {
	if why := localdb.Available(ctx, localdb.CockroachDB); why != nil {
		return fault.New(fault.CockroachMissing, "why", why)
	}
	s := &story{out: out, start: time.Now()}
	f, err := openFolder(o.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.remove()) }()
	s.chapter("Three regions 三个区域")
	db, err := localdb.Start(ctx, localdb.Options{
		Engine: localdb.CockroachDB, Regions: true, NodesPerRegion: o.NodesPerRegion, DataDir: f.database(), StartTimeout: startTime,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Stop()) }()
	s.say("%s", db.Reason())
	for _, n := range db.Nodes() {
		s.say("     %s in %s", n.Name, n.Region)
	}
	if err := writeSecret(f.file("database-url"), []byte(db.URL()+"\n")); err != nil {
		return err
	}
	if _, err := migrate(ctx, s, f, db.URL()); err != nil {
		return err
	}
	if err := place(ctx, s, db.URL()); err != nil {
		return err
	}
	return serveRegions(ctx, o, s, f, db)
}

// placement is each province in its region, with a witness.
func placement() store.Placement {
	return store.Placement{
		Primary: jiangsu, Regions: []string{shaanxi, witness}, Survive: store.SurviveRegion,
		Provinces: map[string]string{exchange.Jiangsu: jiangsu, exchange.Shaanxi: shaanxi},
	}
}

func place(ctx context.Context, s *story, db string) error {
	st, err := store.Open(ctx, store.Config{URL: db, MaxConns: 4, StatementTimeout: placeTime, TxTimeout: placeTime})
	if err != nil {
		return err
	}
	defer st.Close()
	s.say("placing the database: provinces in their regions, to survive the loss of one (takes a minute or more)")
	changes := 0
	err = st.Place(ctx, placement(), func(string, ...any) { changes++ })
	s.say("placed, %d changes  [%s]", changes, s.elapsed())
	return err
}

// serveRegions starts the gateways, tells the story, loses a region, and serves
// on unless it is to run once.
func serveRegions(ctx context.Context, o Options, s *story, f folder, db *localdb.DB) (err error) {
	c, gates, err := layOut(o, s, f, db)
	if err != nil {
		return err
	}
	people, err := seedRegions(ctx, s, f, c)
	if err != nil {
		return err
	}
	s.chapter("A gateway for each province 每省一个网关")
	defer func() {
		for _, g := range gates {
			err = errors.Join(err, g.stop())
		}
	}()
	for _, g := range gates {
		if err := g.start(ctx); err != nil {
			return err
		}
	}
	for _, g := range gates {
		if err := g.await(ctx, f); err != nil {
			return err
		}
		s.say("     %s serves https://%s and gRPC at %s", g.name, g.http, g.grpc)
	}
	base := (&url.URL{Scheme: "https", Host: gates[0].http}).String()
	if err := tell(ctx, s, f, base, people); err != nil {
		return err
	}
	if err := whereRowsLive(ctx, s, db.URL()); err != nil {
		return err
	}
	file, err := lose(ctx, o, s, f, db, gates)
	if err != nil || o.Once {
		return err
	}
	tour{folder: f, base: base, metrics: gates[0].metrics, offer: s.offer, database: f.file("database-url"), drill: file}.tell(s)
	<-ctx.Done()
	return nil
}

// seedRegions fills the exchange through a server that serves nobody.
func seedRegions(ctx context.Context, s *story, f folder, c server.Config) ([]person, error) {
	log, err := openLog(f.log())
	if err != nil {
		return nil, err
	}
	defer log.Close()
	grpc := c.GRPCAddr
	c.PeerAddr, c.HTTPAddr, c.GRPCAddr, c.MetricsAddr = "", "127.0.0.1:0", "127.0.0.1:0", ""
	// Writes of what all regions read wait for all of them.
	c.StatementTime, c.TxTime, c.WatchOverlap = placeTime, placeTime, 2*placeTime
	srv, err := server.New(ctx, c, log)
	if err != nil {
		return nil, err
	}
	people, err := makePeople(ctx, s, f, srv, grpc)
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	end()
	return people, errors.Join(err, srv.Serve(over))
}

// whereRowsLive prints a few tables' places, and the rows of each province.
func whereRowsLive(ctx context.Context, s *story, db string) error {
	st, err := store.Open(ctx, store.Config{URL: db, MaxConns: 2, StatementTimeout: placeTime})
	if err != nil {
		return err
	}
	defer st.Close()
	s.chapter("Where the rows live 数据所在")
	p, err := st.ShowPlacement(ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, t := range p.Tables {
		if t.Missing != "" {
			open++
		}
	}
	s.say("primary %s, regions %s, survives the loss of a %s; %d of %d tables in place", p.Actual.Primary,
		strings.Join(p.Actual.Regions, ", "), p.Actual.Survive, len(p.Tables)-open, len(p.Tables))
	for _, t := range p.Tables {
		if slices.Contains([]string{"members", "offers", "orders", "ledger_entries"}, t.Table) {
			s.say("     %-15s %-25s led from %s", t.Table, t.Actual, t.Leaseholders)
		}
	}
	rows, err := st.RowsInRegions(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.say("     %-15s province %s: %d rows in %s", r.Table, r.Home, r.Rows, r.Region)
	}
	return nil
}

// lose loses a region while trading, and gives the drill file for more.
func lose(ctx context.Context, o Options, s *story, f folder, db *localdb.DB, gates []*gate) (string, error) {
	s.chapter("A region is lost while trading 交易中失去一个区域")
	i := drill.Installation{Databases: db.URLs(), Contexts: f.contexts()}
	for _, g := range gates {
		i.Gateways = append(i.Gateways, g.part())
	}
	for _, n := range db.Nodes() {
		i.Nodes = append(i.Nodes, drill.Part{Name: n.Name, Region: n.Region, Stop: n.Kill, Start: n.Again})
	}
	i.Trades = []drill.Trade{{Context: school, Offer: s.offer}, {Context: retailer, Offer: s.rice}}
	file := f.file("drill.yaml")
	if err := drill.Save(file, i); err != nil {
		return "", err
	}
	d := drill.Defaults()
	d.Kind, d.Part = drill.RegionLoss, o.Lose
	r, err := drill.Run(ctx, i, d, s.out)
	if r != nil {
		s.say("")
		r.Table(s.out)
	}
	if err != nil {
		return "", err
	}
	s.say("\nThe region was lost and came back; nothing acknowledged was lost, in %s. 演示完成。", s.elapsed())
	return file, nil
}
