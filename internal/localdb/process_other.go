//go:build !linux

package localdb

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// signalOnParentDeath does nothing here: only Linux knows such a signal. The
// next start on the data folder stops an orphan.
func signalOnParentDeath(*syscall.SysProcAttr, syscall.Signal) {}

// commandLine is a process's arguments with blanks between them.
func commandLine(pid int) (string, error) {
	b, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return strings.TrimSpace(string(b)), err
}
