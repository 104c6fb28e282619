package rpc

import (
	_ "embed"
	"net/http"
)

// docsPage renders /openapi.json. It loads nothing from anywhere else.
//
//go:embed docs.html
var docsPage []byte

func docs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")
	_, _ = w.Write(docsPage)
}
