package authz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// LogOptions are those of the decision log's file. Zero fields take the default.
type LogOptions struct {
	Path    string        // JSON lines are appended here; empty: no file
	Queue   int           // lines that may wait for the file; default 1024
	Wait    time.Duration // how long a caller waits for room, or for its line; default 2 s
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

const (
	logBatch   = 256 // lines written at once at most
	logBackoff = 50 * time.Millisecond
	logPause   = 5 * time.Second // longest pause between attempts
)

// Masked stands for what the decision log does not tell.
const Masked = "***"

// LogLine is a decision as the file tells it. Subjects are masked; tokens and
// names are in no input.
type LogLine struct {
	ID          uuid.UUID       `json:"id"`
	Home        string          `json:"home"`
	At          time.Time       `json:"time"`
	Action      string          `json:"action"`
	Allow       bool            `json:"allow"`
	Reasons     []fault.Reason  `json:"reasons,omitempty"`
	Issuer      uuid.UUID       `json:"issuer_id"`
	Actor       uuid.UUID       `json:"actor_id"`
	Revision    string          `json:"policy_revision"`
	InputDigest string          `json:"input_sha256"`
	Input       json.RawMessage `json:"input"`

	Obligations *exchange.Obligations `json:"obligations,omitempty"`
}

// Digest is the digest of an input as it is logged.
func Digest(input []byte) string {
	sum := sha256.Sum256(input)
	return hex.EncodeToString(sum[:])
}

// Log is the decision log beside the table: JSON lines in a file, and a count of
// what either of them lost. Whoever decides waits for room in its queue, rather
// than that a line is lost silently. It is safe for concurrent use.
type Log struct {
	o       LogOptions
	queue   chan *logged
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
	torn    bool // the file ends within a line; the writer's own
	dropped *prometheus.CounterVec
	failed  prometheus.Counter
}

// logged is a line on its way. Where somebody waits for it, state says who was
// first: the writer that took it or the caller that gave up.
type logged struct {
	line    []byte
	state   atomic.Int32
	written chan error // nil: nobody waits
}

const (
	lineTaken = iota + 1
	lineGivenUp
)

// NewLog makes a decision log and starts its writer.
func NewLog(o LogOptions) *Log {
	if o.Queue == 0 {
		o.Queue = 1024
	}
	if o.Wait == 0 {
		o.Wait = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := &Log{
		o: o, queue: make(chan *logged, o.Queue), closing: make(chan struct{}), done: make(chan struct{}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sushaan_decisions_dropped_total", Help: "Decisions of policy that a log lost: the table, or the file.",
		}, []string{"log"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sushaan_decision_log_errors_total", Help: "Attempts to write to the decision log's file that failed.",
		}),
	}
	for _, log := range []string{"table", "file"} {
		l.dropped.WithLabelValues(log)
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(l.dropped, l.failed)
	}
	if o.Path == "" {
		close(l.done)
		return l
	}
	go l.run()
	return l
}

// Dropped counts a decision that the table could not keep.
func (l *Log) Dropped() { l.dropped.WithLabelValues("table").Inc() }

// Write hands a line to the writer. Where the queue is full it waits, and after
// that counts the line as lost: the decision stands in the table in any case.
func (l *Log) Write(line LogLine) {
	if l.o.Path == "" {
		return
	}
	text, err := json.Marshal(line)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), l.o.Wait)
		defer cancel()
		err = l.enqueue(ctx, &logged{line: text})
	}
	if err != nil {
		l.lost(1, line.ID.String(), err)
	}
}

func (l *Log) enqueue(ctx context.Context, p *logged) error {
	select {
	case <-l.closing:
		return errors.New("the log is closed")
	default:
	}
	select {
	case l.queue <- p:
		return nil
	case <-l.closing:
		return errors.New("the log is closed")
	case <-ctx.Done():
		return errors.New("the queue is full")
	}
}

func (l *Log) lost(lines int, what string, err error) {
	l.dropped.WithLabelValues("file").Add(float64(lines))
	l.o.Log.Error("the decision log's file lost lines", "lines", lines, "decision", what, "error", err)
}

// WriteThrough writes a line and waits until the file has it. It fails with
// DECISION_LOG_UNAVAILABLE where it has not within the time: whatever moves money
// must not happen then.
func (l *Log) WriteThrough(ctx context.Context, line LogLine) error {
	if l.o.Path == "" {
		return nil
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, l.o.Wait)
	defer cancel()
	p := &logged{line: text, written: make(chan error, 1)}
	if err := l.enqueue(ctx, p); err != nil {
		return fault.Wrap(err, fault.DecisionLogAway)
	}
	select {
	case err = <-p.written:
	case <-ctx.Done():
		if p.state.CompareAndSwap(0, lineGivenUp) {
			return fault.Wrap(ctx.Err(), fault.DecisionLogAway)
		}
		err = <-p.written // it is being written just now
	}
	if err != nil {
		return fault.Wrap(err, fault.DecisionLogAway)
	}
	return nil
}

// Check says whether the file can be written.
func (l *Log) Check() error {
	if l.o.Path == "" {
		return nil
	}
	return l.append(nil)
}

// Close writes what waits and ends the writer. What cannot be written by then is
// counted as lost.
func (l *Log) Close() {
	l.once.Do(func() { close(l.closing) })
	<-l.done
}

func (l *Log) run() {
	defer close(l.done)
	for {
		select {
		case p := <-l.queue:
			l.deliver(l.gather(p))
			continue
		default:
		}
		select {
		case p := <-l.queue:
			l.deliver(l.gather(p))
		case <-l.closing:
			if len(l.queue) == 0 {
				return
			}
		}
	}
}

// gather takes what waits, without those whose callers gave up.
func (l *Log) gather(p *logged) []*logged {
	var batch []*logged
	for {
		if p.written == nil || p.state.CompareAndSwap(0, lineTaken) {
			batch = append(batch, p)
		}
		if len(batch) == logBatch {
			return batch
		}
		select {
		case p = <-l.queue:
		default:
			return batch
		}
	}
}

// deliver writes a batch, again and again until the file takes it. Who waits for
// a line is told of the first failure, and that line is written no more.
func (l *Log) deliver(batch []*logged) {
	for pause := logBackoff; len(batch) > 0; pause = min(2*pause, logPause) {
		err := l.append(batch)
		var left []*logged
		for _, p := range batch {
			switch {
			case p.written != nil:
				p.written <- err
			case err != nil:
				left = append(left, p)
			}
		}
		batch = left
		if err == nil || len(batch) == 0 {
			continue
		}
		l.failed.Inc()
		l.o.Log.Error("the decision log's file cannot be written; it is tried again", "lines", len(batch), "error", err)
		select {
		case <-l.closing:
			l.lost(len(batch), "at the end", err)
			return
		case <-time.After(pause):
		}
	}
}

// append opens the file for each batch, so that it may be moved away at any
// time, as log rotation does.
func (l *Log) append(batch []*logged) error {
	var b bytes.Buffer
	if l.torn {
		b.WriteByte('\n')
	}
	for _, p := range batch {
		b.Write(p.line)
		b.WriteByte('\n')
	}
	f, err := os.OpenFile(l.o.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := f.Write(b.Bytes())
	l.torn = err != nil && (n > 0 || l.torn)
	return errors.Join(err, f.Close())
}

// MaskInput masks the subject in an input as it is logged. Rules decide by
// roles, not by who has them.
func MaskInput(input []byte, subject string) []byte {
	quoted, err := json.Marshal(subject)
	if err != nil || subject == "" {
		return input
	}
	return bytes.ReplaceAll(input, append([]byte(`"subject":`), quoted...), []byte(`"subject":"`+Masked+`"`))
}
