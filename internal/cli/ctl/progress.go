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

func newBar(w io.Writer, what string, total int64) *bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return startBar(w, what, total)
}

func startBar(w io.Writer, what string, total int64) *bar {
	b := &bar{writer: progress.NewWriter(), done: make(chan struct{})}
	b.tracker = &progress.Tracker{Message: what, Total: max(total, 1)}
	b.writer.SetOutputWriter(w)
	b.writer.SetTrackerLength(40)
	b.writer.SetAutoStop(true)
	style := progress.StyleDefault
	style.Visibility.Value, style.Visibility.Speed = false, false
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
	if b != nil {
		b.tracker.SetValue(min(max(n, 0), b.tracker.Total-1))
	}
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
