package localdb

import (
	"fmt"
	"os"
	"strings"
)

// openLog opens a server's log and keeps the one of the start before, so that
// what led to a crash can be read and the folder does not grow without end.
func openLog(path string) (*os.File, error) {
	if err := os.Rename(path, path+".1"); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("keep the old log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}

// lastLines is the end of a log, in one line, for an error message.
func lastLines(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "no log: " + err.Error()
	}
	const most = 1000
	text := strings.TrimSpace(string(b))
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	if text == "" {
		return "its log is empty"
	}
	return oneLine(text)
}
