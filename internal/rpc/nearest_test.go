package rpc

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
)

// Lists and reports tolerate some seconds; what writes, decides or looks one thing
// up reads the latest, and so do the parts of a proof.
func TestWhatDecidesReadsTheLatestAndListsTheNearest(t *testing.T) {
	for _, r := range []struct {
		method string
		in     proto.Message
		want   tolerance
	}{
		{pb.OrderService_ListOrders_FullMethodName, &pb.ListOrdersRequest{}, tolerates},
		{pb.OfferService_ListOffers_FullMethodName, &pb.ListOffersRequest{}, tolerates},
		{pb.CatalogService_ListLots_FullMethodName, &pb.ListLotsRequest{}, tolerates},
		{pb.LedgerService_ListEntries_FullMethodName, &pb.ListEntriesRequest{}, tolerates},
		{pb.ReportService_QueryVolumes_FullMethodName, &pb.QueryVolumesRequest{}, tolerates},
		{pb.ReportService_OpenVolume_FullMethodName, &pb.OpenVolumeRequest{}, tolerates},
		{pb.PolicyService_ListDecisions_FullMethodName, &pb.ListDecisionsRequest{}, tolerates},
		{pb.DirectoryService_ListMembers_FullMethodName, &pb.ListMembersRequest{}, global},
		{pb.CatalogService_ListProducts_FullMethodName, &pb.ListProductsRequest{}, global},
		{pb.CatalogService_ListCertificates_FullMethodName, &pb.ListCertificatesRequest{}, global},
		{pb.OfferService_GetOffer_FullMethodName, &pb.GetOfferRequest{}, decides},
		{pb.LedgerService_GetBalance_FullMethodName, &pb.GetBalanceRequest{}, decides},
		{pb.LedgerService_GetReceipt_FullMethodName, &pb.GetReceiptRequest{}, decides},
		{pb.LedgerService_ListSeals_FullMethodName, &pb.ListSealsRequest{}, decides},
		{pb.PolicyService_Explain_FullMethodName, &pb.ExplainRequest{}, decides},
		{pb.OrderService_PlaceOrder_FullMethodName, &pb.PlaceOrderRequest{}, decides},
		{pb.OrderService_BatchPlaceOrders_FullMethodName, &pb.BatchPlaceOrdersRequest{}, decides},
		{pb.SettlementService_OpenSettlementCycle_FullMethodName, &pb.OpenSettlementCycleRequest{}, decides},
		{pb.SubmissionService_DownloadSubmission_FullMethodName, &pb.DownloadSubmissionRequest{}, decides},
	} {
		if got := toleranceOf(r.method, r.in.ProtoReflect()); got != r.want {
			t.Errorf("%s: %d, want %d", r.method, got, r.want)
		}
	}
}
