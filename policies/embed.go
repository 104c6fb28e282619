// Package policies holds the rules of who may trade what, in Rego, with their
// dated data. Tests lie beside the rules.
package policies

import "embed"

// FS are the policies, their data and the schemas of both as they were when the program was built.
//
//go:embed *.rego */*.rego data/*.json schema/*.json
var FS embed.FS
