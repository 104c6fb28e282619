package rpc

import (
	"context"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
)

// submissions serves SubmissionService.
type submissions struct {
	pb.UnimplementedSubmissionServiceServer
	app *app.App
}

func submission(s app.Submission) *pb.Submission {
	return &pb.Submission{
		Id: s.Period, Position: s.Position, SizeBytes: s.Size, Sha256: s.SHA256, Manifest: string(s.Manifest), Note: s.Note,
		PolicyRevision: s.PolicyRevision, CreateTime: stamp(s.CreatedAt),
	}
}

func (s *submissions) CreateSubmission(ctx context.Context, r *pb.CreateSubmissionRequest) (*pb.CreateSubmissionResponse, error) {
	v, err := s.app.CreateSubmission(ctx, stepOf(r))
	return answer(ctx, v, err, func(v2 app.Submission) *pb.CreateSubmissionResponse {
		return &pb.CreateSubmissionResponse{Submission: submission(v2), Warnings: reasons(ctx, v.Warnings)}
	})
}

func (s *submissions) GetSubmission(ctx context.Context, r *pb.GetSubmissionRequest) (*pb.GetSubmissionResponse, error) {
	v, err := s.app.GetSubmission(ctx, r.GetId())
	return read(v, err, func(v app.Submission) *pb.GetSubmissionResponse {
		return &pb.GetSubmissionResponse{Submission: submission(v)}
	})
}

func (s *submissions) ListSubmissions(ctx context.Context, r *pb.ListSubmissionsRequest) (*pb.ListSubmissionsResponse, error) {
	p, err := s.app.ListSubmissions(ctx, app.ListSubmissions{Paging: paging(r)})
	return read(p, err, func(p app.Page[app.Submission]) *pb.ListSubmissionsResponse {
		return &pb.ListSubmissionsResponse{Submissions: each(p.Items, submission), NextPageToken: p.Next}
	})
}

func (s *submissions) DownloadSubmission(ctx context.Context, r *pb.DownloadSubmissionRequest) (*pb.DownloadSubmissionResponse, error) {
	v, err := s.app.DownloadSubmission(ctx, r.GetId(), r.GetFromByte())
	return read(v, err, func(v app.PackPart) *pb.DownloadSubmissionResponse {
		return &pb.DownloadSubmissionResponse{Content: v.Content, SizeBytes: v.Size, NextByte: v.Next}
	})
}

func (s *submissions) VerifySubmission(ctx context.Context, r *pb.VerifySubmissionRequest) (*pb.VerifySubmissionResponse, error) {
	v, err := s.app.VerifySubmission(ctx, r.GetId())
	return read(v, err, func(v app.SubmissionCheck) *pb.VerifySubmissionResponse {
		out := &pb.VerifySubmissionResponse{Submission: submission(v.Submission), Equal: true, LogSize: v.Log.Size}
		for _, t := range v.Tables {
			out.Equal = out.Equal && t.Signed == t.Now
			out.Tables = append(out.Tables, &pb.SubmissionTable{Name: t.Name, SignedSha256: t.Signed, LedgerSha256: t.Now})
		}
		return out
	})
}
