package demo

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/sushaan/exchange/internal/fault"
)

// maxShown bounds what is shown of an answer that is no JSON.
const maxShown = 200

// refusal is an answer of the exchange that says no: the google.rpc.Status of
// the API (design §12).
type refusal struct {
	http    int
	code    string   // such as NO_GRANT; empty where the answer carries none
	text    string   // in the language asked for
	fields  []string // that are wrong
	denials []denial // of policy, the first of which has the code above
}

// denial is one reason for which policy says no.
type denial struct{ code, text string }

// readRefusal reads an answer that is not 200. One that is no google.rpc.Status
// comes from something in between and is shown as it is.
func readRefusal(httpStatus int, content []byte) *refusal {
	r := &refusal{http: httpStatus}
	var body rpcstatus.Status
	// A newer server may tell more than this program knows.
	options := protojson.UnmarshalOptions{DiscardUnknown: true}
	if err := options.Unmarshal(content, &body); err != nil {
		r.text = fmt.Sprintf("%s: %s", http.StatusText(httpStatus), shorten(content))
		return r
	}
	r.text = body.GetMessage()
	for _, detail := range status.FromProto(&body).Details() {
		r.add(detail)
	}
	return r
}

func (r *refusal) add(detail any) {
	switch d := detail.(type) {
	case *errdetails.ErrorInfo:
		r.code = d.GetReason()
	case *errdetails.LocalizedMessage:
		r.text = d.GetMessage()
	case *errdetails.BadRequest:
		for _, v := range d.GetFieldViolations() {
			r.fields = append(r.fields, v.GetField()+": "+v.GetDescription())
		}
	case *errdetails.PreconditionFailure:
		for _, v := range d.GetViolations() {
			r.denials = append(r.denials, denial{v.GetType(), v.GetDescription()})
		}
	}
}

// reasons are all reasons of the refusal, its own first.
func (r *refusal) reasons() []denial {
	all := []denial{{r.code, r.text}}
	for _, d := range r.denials {
		if d.code != r.code {
			all = append(all, d)
		}
	}
	return all
}

// has says whether a code is among the reasons.
func (r *refusal) has(code fault.Code) bool {
	return slices.ContainsFunc(r.reasons(), func(d denial) bool { return d.code == string(code) })
}

func (r *refusal) Error() string {
	var parts []string
	for _, d := range r.reasons() {
		parts = append(parts, strings.TrimSpace(d.code+": "+d.text))
	}
	return fmt.Sprintf("%d %s", r.http, strings.Join(append(parts, r.fields...), "; "))
}

func shorten(content []byte) string {
	text := strings.ToValidUTF8(string(content), "?")
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "…"
	}
	return text
}

// isRefusal says whether an error is a refusal with a code.
func isRefusal(err error, code fault.Code) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == string(code)
}
