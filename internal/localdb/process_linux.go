package localdb

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// signalOnParentDeath: see launch for what makes this safe. Go sets it after it
// has changed the user, which would have cleared it.
func signalOnParentDeath(attr *syscall.SysProcAttr, s syscall.Signal) { attr.Pdeathsig = s }

// commandLine is a process's arguments with blanks between them; empty for a
// process that has ended and was not waited for.
func commandLine(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(strings.TrimRight(string(b), "\x00"), "\x00", " "), nil
}
