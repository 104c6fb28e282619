// Package api holds the definition of the public API. The generated Go code
// lies in gen, the OpenAPI description in openapi.
package api

import _ "embed"

//go:generate go run ./stage
//go:generate sh -c "cd .. && go tool buf generate --template api/buf.gen.yaml"

// OpenAPI is the description of the HTTP API (OpenAPI 2.0, JSON).
//
//go:embed openapi/exchange.swagger.json
var OpenAPI []byte
