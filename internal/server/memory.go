package server

import (
	"os"
	"runtime/debug"
)

// collectAt is by how much the heap grows before it is collected, in percent. A
// server keeps little and its calls leave much behind: at Go's 100 the collector
// takes a fifth of a read's time, while its memory stays far below what a server
// may have.
const collectAt = 300

// collectLess sets it, unless the operator has (GOGC). GOMEMLIMIT holds in any case.
func collectLess() {
	if _, told := os.LookupEnv("GOGC"); !told {
		debug.SetGCPercent(collectAt)
	}
}
