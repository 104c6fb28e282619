package server

import (
	"strings"
	"testing"
	"time"
)

// complete are the defaults with what has none: where the files and the database are.
func complete() Config {
	c := DefaultConfig()
	c.DatabaseURL, c.TLSCert, c.TLSKey = "postgres://u@127.0.0.1:1/sushaan", "server.pem", "server.key"
	c.Region, c.PeerAddr, c.PeerCert, c.PeerKey, c.PeerCA = "cn-east-jiangsu", "127.0.0.1:0", "server.pem", "server.key", "ca.pem"
	return c
}

func TestEverySettingThatIsNeededHasADefaultButForAddressesAndFiles(t *testing.T) {
	if err := complete().Validate(); err != nil {
		t.Error(err)
	}
}

// A number or a time of 0 would be a limit that is none, or a loop without a pause.
func TestANumberOrATimeThatIsNotMoreThanZeroIsRefusedByName(t *testing.T) {
	names, n := complete(), 0
	for i, f := range names.Fields() {
		c := complete()
		switch v := c.Fields()[i].Value.(type) {
		case *int:
			*v = 0
		case *time.Duration:
			*v = 0
		default:
			continue
		}
		n++
		err := c.Validate()
		if f.Name == forEver {
			if err != nil {
				t.Errorf("%s may be 0: %v", f.Name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), f.Name+" must be more than 0") {
			t.Errorf("%s of 0: %v", f.Name, err)
		}
	}
	if n < 50 {
		t.Errorf("%d settings are numbers or times", n)
	}
}
