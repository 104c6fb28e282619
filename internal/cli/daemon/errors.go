package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/sushaan/exchange/internal/fault"
)

// The exit codes (design §13). Policy and state, 3 and 4, are matters of the
// client program.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 5
)

// usageError is a command line or a setting that makes no sense as it stands.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errTold ends a command whose output says already what is wrong.
var errTold = errors.New("told already")

// report writes an error as one line and gives the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errTold) {
		return exitFailed
	}
	exit, code := describe(err)
	text := strings.TrimPrefix(err.Error(), code+": ")
	// Joined errors have a line each.
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	fmt.Fprintf(a.stderr, "error: %s: %s\n", code, oneLine(text))
	return exit
}

func describe(err error) (exit int, code string) {
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage, "USAGE"
	}
	if f, ok := fault.As(err); ok {
		if f.Kind() == fault.Unavailable {
			return exitUnreachable, string(f.Code)
		}
		return exitFailed, string(f.Code)
	}
	if errors.Is(err, context.Canceled) {
		return exitFailed, "CANCELLED"
	}
	return exitFailed, "FAILED"
}

// oneLine makes text safe for one line of a terminal: what comes from afar can
// neither break the line nor steer the terminal.
func oneLine(s string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(visible)
}
