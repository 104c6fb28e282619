package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
)

// groupBuys serves GroupBuyService.
type groupBuys struct {
	pb.UnimplementedGroupBuyServiceServer
	app *app.App
}

func groupBuy(g exchange.GroupBuy) *pb.GroupBuy {
	return &pb.GroupBuy{
		Id: g.ID.String(), OfferId: g.Offer.String(), OrganiserMemberId: idText(g.Organiser), AllianceId: idText(g.Alliance), Title: g.Title,
		MinimumQuantity: g.Minimum, JoinedQuantity: g.Joined, Members: int32(g.Members), CloseTime: stamp(g.ClosesAt),
		State: enum[pb.GroupBuyState](g.State), StateReason: g.StateReason, CreateTime: stamp(g.CreatedAt), UpdateTime: stamp(g.UpdatedAt),
	}
}

func groupJoin(j exchange.Join) *pb.GroupJoin {
	return &pb.GroupJoin{
		Id: j.ID.String(), GroupId: j.Group.String(), MemberId: idText(j.Member), Quantity: j.Quantity, ConsigneeCode: j.Consignee,
		DeliverBy: string(j.DeliverBy), State: enum[pb.JoinState](j.State), StateReason: j.StateReason, OrderId: j.Order.String(),
		CreateTime: stamp(j.CreatedAt), UpdateTime: stamp(j.UpdatedAt),
	}
}

func (s *groupBuys) OpenGroupBuy(ctx context.Context, r *pb.OpenGroupBuyRequest) (*pb.OpenGroupBuyResponse, error) {
	v, err := s.app.OpenGroup(ctx, app.OpenGroup{
		Meta: meta(r), OfferID: r.GetOfferId(), Title: r.GetTitle(), Minimum: r.GetMinimumQuantity(), ClosesAt: instant(r.GetCloseTime()),
	})
	return answer(ctx, v, err, func(g exchange.GroupBuy) *pb.OpenGroupBuyResponse {
		return &pb.OpenGroupBuyResponse{GroupBuy: groupBuy(g)}
	})
}

func (s *groupBuys) GetGroupBuy(ctx context.Context, r *pb.GetGroupBuyRequest) (*pb.GetGroupBuyResponse, error) {
	v, err := s.app.GetGroup(ctx, r.GetId())
	return read(v, err, func(g exchange.GroupBuy) *pb.GetGroupBuyResponse {
		return &pb.GetGroupBuyResponse{GroupBuy: groupBuy(g)}
	})
}

func (s *groupBuys) ListGroupBuys(ctx context.Context, r *pb.ListGroupBuysRequest) (*pb.ListGroupBuysResponse, error) {
	p, err := s.app.ListGroups(ctx, app.ListGroups{Paging: paging(r), State: word[exchange.GroupBuyState](r.GetState())})
	return read(p, err, func(p app.Page[exchange.GroupBuy]) *pb.ListGroupBuysResponse {
		return &pb.ListGroupBuysResponse{GroupBuys: each(p.Items, groupBuy), NextPageToken: p.Next}
	})
}

func (s *groupBuys) JoinGroupBuy(ctx context.Context, r *pb.JoinGroupBuyRequest) (*pb.JoinGroupBuyResponse, error) {
	v, err := s.app.JoinGroup(ctx, app.JoinGroup{
		Meta: meta(r), ID: r.GetId(), Quantity: r.GetQuantity(), ConsigneeCode: r.GetConsigneeCode(), DeliverBy: r.GetDeliverBy(),
		Reserve: r.GetReserve(), Purpose: word[exchange.Purpose](r.GetPurpose()),
	})
	return answer(ctx, v, err, func(v app.JoinedGroup) *pb.JoinGroupBuyResponse {
		return &pb.JoinGroupBuyResponse{GroupBuy: groupBuy(v.Group), Join: groupJoin(v.Join)}
	})
}

func (s *groupBuys) LeaveGroupBuy(ctx context.Context, r *pb.LeaveGroupBuyRequest) (*pb.LeaveGroupBuyResponse, error) {
	v, err := s.app.LeaveGroup(ctx, stepOf(r))
	return answer(ctx, v, err, func(v app.JoinedGroup) *pb.LeaveGroupBuyResponse {
		return &pb.LeaveGroupBuyResponse{GroupBuy: groupBuy(v.Group), Join: groupJoin(v.Join)}
	})
}

func (s *groupBuys) CancelGroupBuy(ctx context.Context, r *pb.CancelGroupBuyRequest) (*pb.CancelGroupBuyResponse, error) {
	v, err := s.app.CancelGroup(ctx, stepOf(r))
	return answer(ctx, v, err, func(g exchange.GroupBuy) *pb.CancelGroupBuyResponse {
		return &pb.CancelGroupBuyResponse{GroupBuy: groupBuy(g)}
	})
}

func (s *groupBuys) ListGroupJoins(ctx context.Context, r *pb.ListGroupJoinsRequest) (*pb.ListGroupJoinsResponse, error) {
	p, err := s.app.ListJoins(ctx, app.ListJoins{Paging: paging(r), GroupID: r.GetGroupId(), State: word[exchange.JoinState](r.GetState())})
	return read(p, err, func(p app.Page[exchange.Join]) *pb.ListGroupJoinsResponse {
		return &pb.ListGroupJoinsResponse{Joins: each(p.Items, groupJoin), NextPageToken: p.Next}
	})
}
