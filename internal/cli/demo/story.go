package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// story tells what happens, step by step: who did what, and what came of it.
type story struct {
	out   io.Writer
	start time.Time
	steps int
	offer string // that can be ordered, once there is one
	rice  string // the other one, of the other direction
	// behind is by how much the clock of the story is behind the machine's.
	behind time.Duration
}

// chapter begins a new part.
func (s *story) chapter(title string) { s.say("\n== %s  [%s]", title, s.elapsed()) }

// say tells one line beside the steps.
func (s *story) say(format string, args ...any) {
	fmt.Fprintln(s.out, printable(fmt.Sprintf(format, args...)))
}

func (s *story) elapsed() string { return fmt.Sprintf("%.1f s", time.Since(s.start).Seconds()) }

// step tells one call and what came of it.
func (s *story) step(who string, a answered, outcome ...string) {
	s.steps++
	call := a.verb + " " + a.path
	where := ""
	if a.ranIn != "" {
		where = ", ran in " + a.ranIn
	}
	s.say("%3d. %-22s %s → %d, %d ms%s", s.steps, who, call, a.status, a.took.Milliseconds(), where)
	for _, line := range outcome {
		s.say("     %s", line)
	}
}

// printable keeps what comes from afar from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, text)
}

// stage is where the story plays: the people and the exchange.
type stage struct {
	*story
	client   *client
	apples   *pb.Offer // of the first trade
	cheaper  *pb.Offer // that is declared for the relief zone
	declared bool      // it is in force
	names    []string  // of the people, in the order in which they are introduced
	people   map[string]person
}

// outcome turns the answer to a step into the line that tells it. An error says
// that it is not what the story expects.
type outcome[R proto.Message] func(R) (string, error)

// act makes a call as a person, tells it, and holds it against what the story
// expects.
func act[R proto.Message](ctx context.Context, s *stage, who string, in proto.Message, expect outcome[R]) (R, error) {
	out, told, err := call[R](ctx, s.client, asked{token: s.people[who].token}, in)
	if err != nil {
		s.step(who, told, "NOT AS EXPECTED: "+err.Error())
		return out, fmt.Errorf("%s: %s %s: %w", who, told.verb, told.path, err)
	}
	line, err := expect(out)
	if err != nil {
		s.step(who, told, "NOT AS EXPECTED: "+err.Error())
		return out, fmt.Errorf("%s: %s %s: %w", who, told.verb, told.path, err)
	}
	s.step(who, told, line)
	return out, nil
}

// denied makes a call that the exchange must refuse with a code among its
// reasons, once in each language, and tells the reasons as the exchange gave
// them.
func denied[R proto.Message](ctx context.Context, s *stage, who string, in proto.Message, code fault.Code) error {
	var lines []string
	var told answered
	for _, as := range []struct {
		language fault.Lang
		word     string
	}{{fault.English, "DENIED"}, {fault.Chinese, "拒绝"}} {
		var err error
		_, told, err = call[R](ctx, s.client, asked{token: s.people[who].token, language: string(as.language)}, in)
		r, ok := errors.AsType[*refusal](err)
		if !ok || !r.has(code) {
			s.step(who, told, fmt.Sprintf("NOT AS EXPECTED: wanted %s, got: %v", code, orAllowed(err)))
			return fmt.Errorf("%s: %s %s: wanted %s, got: %w", who, told.verb, told.path, code, orAllowed(err))
		}
		for _, reason := range r.reasons() {
			lines = append(lines, fmt.Sprintf("%s %s: %s", as.word, reason.code, reason.text))
		}
	}
	s.step(who, told, lines...)
	return nil
}

var errAllowed = errors.New("it was allowed")

func orAllowed(err error) error {
	if err == nil {
		return errAllowed
	}
	return err
}
