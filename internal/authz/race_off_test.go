//go:build !race

package authz_test

const slowdown = 1
