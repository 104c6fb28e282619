package drill

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sushaan/exchange/internal/fault"
)

const (
	// commandTime is for one command of the drill file.
	commandTime = time.Minute
	// readyTime is how long a part may take to serve again.
	readyTime = 5 * time.Minute
	askTime   = 10 * time.Second
	maxReady  = 64 << 10 // bytes of /readyz
)

// each runs a command of all parts at the same time: a region is lost at once.
func each(ctx context.Context, parts []Part, of func(Part) []string) error {
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for n, p := range parts {
		wg.Go(func() { errs[n] = run(ctx, p.Name, of(p)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, name string, argv []string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	// What it starts outlives an interrupt of the drill.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fault.New(fault.DrillInvalid, "rule", fmt.Sprintf("%s: %s: %v %s", name, strings.Join(argv, " "), err, strings.TrimSpace(string(out))))
	}
	return nil
}

// probe asks gateways whether they serve.
type probe struct{ web *http.Client }

func newProbe(trust *tls.Config) probe {
	return probe{&http.Client{Timeout: askTime, Transport: &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}}}
}

// ready is what a gateway says of itself, and whether it serves.
func (p probe) ready(ctx context.Context, g Part) (text string, ok bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+g.HTTP+"/readyz?verbose", http.NoBody)
	if err != nil {
		return "", false, err
	}
	answer, err := p.web.Do(r)
	if err != nil {
		return "", false, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxReady))
	return string(body), answer.StatusCode == http.StatusOK, err
}

// mayBegin refuses an installation that says it is production, and one that is
// not whole: what a drill shows of it would be somebody else's doing.
func (p probe) mayBegin(ctx context.Context, i Installation) error {
	for _, g := range i.Gateways {
		text, ok, err := p.ready(ctx, g)
		if err != nil {
			return fault.Wrap(err, fault.DrillUnready, "gateway", g.Name, "why", err)
		}
		for line := range strings.Lines(text) {
			if strings.TrimSpace(line) == "environment production" {
				return fault.New(fault.DrillInProduction, "gateway", g.Name)
			}
		}
		if !ok {
			return fault.New(fault.DrillUnready, "gateway", g.Name, "why", strings.TrimSpace(text))
		}
	}
	return nil
}

// awaitReady waits until gateways serve.
func (p probe) awaitReady(ctx context.Context, gateways []Part) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for _, g := range gateways {
		for {
			text, ok, err := p.ready(ctx, g)
			if err == nil && ok {
				break
			}
			if err == nil {
				err = fmt.Errorf("%s", strings.TrimSpace(text))
			}
			if pause(ctx, 200*time.Millisecond) != nil {
				return fault.Wrap(err, fault.DrillUnready, "gateway", g.Name, "why", err)
			}
		}
	}
	return nil
}

// pause waits a little, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
