package testkit_test

import (
	"context"
	"testing"
	"time"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/sample"
	"github.com/sushaan/exchange/internal/testkit"
)

// quiet is how long a watch says nothing but that it lives before it is taken to
// show nothing: many looks, of which the first would have.
const quiet = time.Second

// watched is a watch that the golden matrix asks as every persona: whether it
// opens, and whether it tells of what then happens.
type watched struct {
	name   string
	open   func(ctx context.Context, p *testkit.Person) (next func() (event bool, err error), err error)
	happen func()
}

func watchedOffers(t *testing.T, x *testkit.Exchange) watched {
	client := pb.NewOfferServiceClient(x.Conn())
	return watched{"WatchOffers", func(ctx context.Context, p *testkit.Person) (func() (bool, error), error) {
		s, err := client.WatchOffers(p.Context(ctx), &pb.WatchOffersRequest{})
		return func() (bool, error) {
			m, err := s.Recv()
			return m.GetEvent() != nil, err
		}, err
	}, func() { x.Offer(t, testkit.OfferOptions{}) }}
}

func watchedOrders(t *testing.T, x *testkit.Exchange) watched {
	client := pb.NewOrderServiceClient(x.Conn())
	offer := x.Offer(t, testkit.OfferOptions{})
	return watched{"WatchOrders", func(ctx context.Context, p *testkit.Person) (func() (bool, error), error) {
		s, err := client.WatchOrders(p.Context(ctx), &pb.WatchOrdersRequest{})
		return func() (bool, error) {
			m, err := s.Recv()
			return m.GetEvent() != nil, err
		}, err
	}, func() { x.Place(t, x.School, offer, 1) }}
}

func watchedDemands(t *testing.T, x *testkit.Exchange) watched {
	client := pb.NewDemandServiceClient(x.Conn())
	return watched{"WatchDemands", func(ctx context.Context, p *testkit.Person) (func() (bool, error), error) {
		s, err := client.WatchDemands(p.Context(ctx), &pb.WatchDemandsRequest{})
		return func() (bool, error) {
			m, err := s.Recv()
			return m.GetEvent() != nil, err
		}, err
	}, func() { post(t, x, &clock{}, 1) }}
}

// ask opens the watch as everybody, lets it happen, and groups the personas by
// what they were told.
func (w watched) ask(t *testing.T, x *testkit.Exchange) map[string][]string {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	type told struct {
		who    int
		answer string
	}
	people := sample.Personas()
	answers, happened := make(chan told, len(people)), make(chan struct{})
	opened := make(chan struct{}, len(people))
	for i, p := range people {
		next, err := w.open(ctx, x.People[p.Name])
		go func() {
			if err == nil {
				_, err = next() // the first word
			}
			opened <- struct{}{}
			<-happened
			answers <- told{i, w.told(next, err)}
		}()
	}
	for range people {
		<-opened
	}
	w.happen()
	close(happened)
	byWho := make([]string, len(people))
	for range people {
		a := <-answers
		byWho[a.who] = a.answer
	}
	byAnswer := map[string][]string{}
	for i, p := range people {
		byAnswer[byWho[i]] = append(byAnswer[byWho[i]], p.Name)
	}
	return byAnswer
}

// told is what a watch tells of what has just happened.
func (w watched) told(next func() (bool, error), err error) string {
	for began := time.Now(); err == nil; {
		var event bool
		if event, err = next(); event {
			return "OK, sees it"
		}
		if err == nil && time.Since(began) > quiet {
			return "OK, sees nothing"
		}
	}
	return string(testkit.CodeOf(err))
}
