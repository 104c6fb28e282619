package ctl

import (
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"
)

// bar shows on a terminal how far something has come. Elsewhere it is nil and
// shows nothing.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
	done    chan struct{}
}

// exporting shows how many rows of a long export were written, from its second
// page on. Where the rows themselves go to the terminal it shows nothing.
type exporting struct{ b *bar }

func (e *exporting) at(a *app, rows int) {
	if out, ok := a.stdout.(*os.File); ok && term.IsTerminal(int(out.Fd())) {
		return
	}
	if e.b == nil {
		e.b = newBar(a.stderr, "rows", 0)
	}
	e.b.at(int64(rows))
}

func (e *exporting) end() { e.b.end() }

// newBar begins a bar over a total; 0: it is not known, and the bar counts.
func newBar(w io.Writer, what string, total int64) *bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return startBar(w, what, total)
}

func startBar(w io.Writer, what string, total int64) *bar {
	b := &bar{writer: progress.NewWriter(), done: make(chan struct{})}
	b.tracker = &progress.Tracker{Message: what, Total: max(total, 0)}
	b.writer.SetOutputWriter(w)
	b.writer.SetTrackerLength(40)
	b.writer.SetAutoStop(true)
	style := progress.StyleDefault
	style.Visibility.Value, style.Visibility.Speed = total <= 0, false
	b.writer.SetStyle(style)
	b.writer.AppendTracker(b.tracker)
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

// at says how much of the total is done.
func (b *bar) at(n int64) {
	if b == nil {
		return
	}
	n = max(n, 0)
	if total := b.tracker.Total; total > 0 {
		n = min(n, total-1)
	}
	b.tracker.SetValue(n)
}

func (b *bar) end() {
	if b == nil {
		return
	}
	// To stop a writer that has not begun does nothing: it stops by itself when
	// its one tracker is done.
	b.tracker.MarkAsDone()
	select {
	case <-b.done:
	case <-time.After(barPatience):
		b.writer.Stop()
	}
}

// barPatience bounds how long the last state of a bar may take to be shown.
const barPatience = 2 * time.Second
