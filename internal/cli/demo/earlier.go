package demo

import (
	"context"
	"errors"
	"io"
	"net/url"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/server"
)

const (
	// earlierBy is for how long a price has stood when the story begins: the relief
	// zone compares with one that has stood for a week.
	earlierBy = 10 * 24 * time.Hour
	// earlierFen is that price of a carton, and earlierUnits what its certificate is
	// for, by which it is told from those of the story.
	earlierFen   = 6_600
	earlierUnits = 1_000
)

// now is the time of the story: that of the machine, less what a part of it is
// earlier by.
func (s *story) now() time.Time { return time.Now().Add(-s.behind) }

func (s *story) today() exchange.Day { return exchange.DayOf(s.now()) }

// earlier has a server run for a moment on a new database, with its clock ten days
// behind: the seller puts the apples up at the price that they had then. A database
// that was there before has a past of its own, and gets no other.
func earlier(ctx context.Context, s *story, f folder, c server.Config) (err error) {
	s.chapter("Ten days ago 十天以前")
	s.say("     The clock of the server of this chapter is ten days behind, so that there is a price that has stood for some time.")
	then := *s
	then.behind = earlierBy
	log, err := openLog(f.log())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr, c.Now = "127.0.0.1:0", "127.0.0.1:0", "", then.now
	srv, err := server.New(ctx, c, log)
	if err != nil {
		return err
	}
	// Whom the sample has is told when the story begins.
	people, err := makePeople(ctx, &story{out: io.Discard, behind: earlierBy}, f, srv, reachable(srv.GRPCAddr()))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(running) }()
	base := (&url.URL{Scheme: "https", Host: reachable(srv.HTTPAddr())}).String()
	play, err := setUp(&then, f, base, people)
	if err == nil {
		err = play.putUpEarlier(ctx)
	}
	s.steps = then.steps
	stop()
	return errors.Join(err, <-served)
}

func (s *stage) putUpEarlier(ctx context.Context) error {
	if err := s.introduce(ctx, []string{cooperative, county}); err != nil {
		return err
	}
	g := yanchang()
	g.priceFen, g.certified, g.number = earlierFen, earlierUnits, g.number+"-EARLIER"
	_, err := s.bring(ctx, g, 1)
	return err
}

// priceBefore finds the earlier offer; nil where there is none, as in a database
// that is older than this part of the demo.
func (s *stage) priceBefore(ctx context.Context, now *pb.Offer) (*pb.Offer, error) {
	var before *pb.Offer
	_, err := act(ctx, s, cooperative, &pb.ListOffersRequest{
		SellerMemberId: s.people[cooperative].member, State: pb.OfferState_OFFER_STATE_PUBLISHED, PageSize: pageSize,
	}, func(out *pb.ListOffersResponse) (string, error) {
		for _, o := range out.GetOffers() {
			if o.GetProductId() == now.GetProductId() && o.GetPriceFen() == earlierFen && o.GetUnitQuantity() == now.GetUnitQuantity() {
				before = o
				return "since " + o.GetCreateTime().AsTime().In(exchange.China).Format(time.DateOnly) + ": " + offerLine(o), nil
			}
		}
		return "no earlier offer of the apples", nil
	})
	return before, err
}
