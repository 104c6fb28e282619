package distance_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sushaan/exchange/internal/distance"
)

// echo answers everything with itself, until the caller ends.
func echo(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestALineTakesItsTimeAndLosesNothing(t *testing.T) {
	const oneWay = 20 * time.Millisecond
	var mu sync.Mutex
	heard := map[bool]int{}
	l, err := distance.New(t.Context(), echo(t), oneWay, func(_ int64, sent bool, data []byte) {
		mu.Lock()
		defer mu.Unlock()
		heard[sent] += len(data)
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	said := bytes.Repeat([]byte("distance"), 100_000)
	go func() {
		_, _ = conn.Write(said)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, said) {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(said), err)
	}
	// Later is always possible, sooner never.
	if took := time.Since(begin); took < 2*oneWay {
		t.Errorf("there and back took %s", took)
	}
	if heard[true] != len(said) || heard[false] != len(said) {
		t.Errorf("heard %v of %d", heard, len(said))
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// Who waits at a line that is cut is told.
func TestALineThatIsCutEndsWhatIsOnIt(t *testing.T) {
	l, err := distance.New(t.Context(), echo(t), time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil && context.Cause(t.Context()) != nil {
		t.Error(err)
	}
	if _, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", l.Addr()); err == nil {
		t.Error("a line that was cut still takes connections")
	}
	nowhere, err := distance.New(t.Context(), "127.0.0.1:1", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nowhere.Close() }()
	conn, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", nowhere.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a line to nowhere answers")
	}
}

// A line leads nowhere but to this machine, and begins nowhere else.
func TestALineStaysOnThisMachine(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"127.0.0.1:0", "192.0.2.1:26257"},
		{"127.0.0.1:0", "db.example:26257"},
		{"127.0.0.1:0", "[2001:db8::1]:26257"},
		{"127.0.0.1:0", "127.0.0.1"},
		{"127.0.0.1:0", ""},
		{"0.0.0.0:0", "127.0.0.1:26257"},
		{":0", "127.0.0.1:26257"},
		{"192.0.2.1:0", "127.0.0.1:26257"},
	} {
		l, err := distance.At(t.Context(), c.from, c.to, 0, nil)
		if err == nil {
			t.Errorf("a line from %q to %q was laid", c.from, c.to)
			_ = l.Close()
		}
	}
	for _, to := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1"} {
		l, err := distance.New(t.Context(), to, 0, nil)
		if err != nil {
			t.Errorf("no line to %s: %v", to, err)
			continue
		}
		_ = l.Close()
	}
}

// A line can be made longer and shorter while it is used. What was sent while it
// was long is not overtaken.
func TestALineIsStretchedWhileItIsUsedAndKeepsTheOrder(t *testing.T) {
	l, err := distance.New(t.Context(), echo(t), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const oneWay = 40 * time.Millisecond
	l.Stretch(oneWay)
	if l.OneWay() != oneWay {
		t.Errorf("it takes %s", l.OneWay())
	}
	begin := time.Now()
	there := func(s string) {
		if _, err := conn.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	there("long ")
	got := make([]byte, len("long short"))
	if _, err := io.ReadFull(conn, got[:len("long ")]); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 2*oneWay { // sooner is never possible
		t.Errorf("there and back took %s", took)
	}
	there("lon")
	l.Stretch(0)
	there("g short")
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "long short" {
		t.Errorf("%q came back, %v", got, err)
	}
}
