package rpc

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// plainErrors gives an error that ends a stream before its first message the form
// of every other error. The gateway would wrap it as the line of a stream that
// has begun, and take the status of HTTP from a table of its own.
func plainErrors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ":watch") {
			next.ServeHTTP(w, r)
			return
		}
		s := &streamWriter{ResponseWriter: w}
		next.ServeHTTP(s, r)
		s.end()
	})
}

// streamWriter keeps an answer that begins with an error until it is whole.
type streamWriter struct {
	http.ResponseWriter
	code int    // of the error; 0: none
	kept []byte // of its body
}

// WriteHeader is part of http.ResponseWriter.
func (s *streamWriter) WriteHeader(code int) {
	if code >= http.StatusBadRequest {
		s.code = code
		return
	}
	s.ResponseWriter.WriteHeader(code)
}

// Write is part of http.ResponseWriter.
func (s *streamWriter) Write(b []byte) (int, error) {
	if s.code != 0 {
		s.kept = append(s.kept, b...)
		return len(b), nil
	}
	return s.ResponseWriter.Write(b)
}

// FlushError is what http.ResponseController flushes by.
func (s *streamWriter) FlushError() error {
	if s.code != 0 {
		return nil
	}
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController find what is underneath.
func (s *streamWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// end writes the error that was kept.
func (s *streamWriter) end() {
	if s.code == 0 {
		return
	}
	var line struct {
		Error json.RawMessage `json:"error"`
	}
	var given spb.Status
	if json.Unmarshal(s.kept, &line) == nil && line.Error != nil && protojson.Unmarshal(line.Error, &given) == nil {
		st := status.FromProto(&given)
		writeStatus(s.ResponseWriter, &runtime.JSONPb{}, httpStatus(st), st)
		return
	}
	s.ResponseWriter.WriteHeader(s.code)
	_, _ = s.ResponseWriter.Write(s.kept)
}
