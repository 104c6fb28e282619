package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/proof"
)

func hashes(list []proof.Bytes) [][]byte {
	return each(list, func(b proof.Bytes) []byte { return b })
}

func (s *ledgers) GetReceipt(ctx context.Context, r *pb.GetReceiptRequest) (*pb.GetReceiptResponse, error) {
	v, err := s.app.GetReceipt(ctx, r.GetId())
	return read(v, err, func(v proof.Receipt) *pb.GetReceiptResponse {
		return &pb.GetReceiptResponse{Receipt: receipt(v)}
	})
}

func (s *ledgers) GetCheckpoint(ctx context.Context, r *pb.GetCheckpointRequest) (*pb.GetCheckpointResponse, error) {
	v, err := s.app.GetCheckpoint(ctx, r.GetSize())
	return read(v, err, func(v app.Checkpoint) *pb.GetCheckpointResponse {
		return &pb.GetCheckpointResponse{Size: v.Size, Root: v.Root, Checkpoint: v.Note, Time: stamp(v.At)}
	})
}

func (s *ledgers) GetConsistency(ctx context.Context, r *pb.GetConsistencyRequest) (*pb.GetConsistencyResponse, error) {
	v, err := s.app.GetConsistency(ctx, r.GetFromSize(), r.GetToSize())
	return read(v, err, func(v proof.Consistency) *pb.GetConsistencyResponse {
		return &pb.GetConsistencyResponse{Consistency: &pb.Consistency{
			Format: v.Format, From: v.From, To: v.To, Proof: hashes(v.Proof),
		}}
	})
}

func (s *ledgers) ListSeals(ctx context.Context, r *pb.ListSealsRequest) (*pb.ListSealsResponse, error) {
	v, err := s.app.ListSeals(ctx, paging(r))
	return read(v, err, func(v app.Seals) *pb.ListSealsResponse {
		return &pb.ListSealsResponse{
			Seals: each(v.Items, sealed), NextPageToken: v.Next, Checkpoints: v.Checkpoints, UnknownIds: v.Unknown,
		}
	})
}

func sealed(s app.Seal) *pb.Seal {
	return &pb.Seal{
		Position: s.Position, TransactionId: s.Transaction.String(), Leaf: s.Leaf, LeafHash: s.LeafHash, Time: stamp(s.At),
	}
}
