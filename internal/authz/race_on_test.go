//go:build race

package authz_test

// slowdown is by how much the race detector slows a test down: there, tests whose
// point is the number of their cases take fewer.
const slowdown = 10
