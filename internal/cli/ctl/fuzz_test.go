package ctl

import "testing"

// An amount is read exactly or not at all.
func FuzzParseYuan(f *testing.F) {
	for _, s := range []string{"12", "12.5", "12.50", "0.01", "12.505", "-1", "1e3", ".5", "5.", "92233720368547758.07", "92233720368547758.08", "１２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fen, err := parseYuan(s)
		if err != nil {
			return
		}
		if again, err := parseYuan(yuan(fen)); fen < 0 || err != nil || again != fen {
			t.Errorf("%q is %d fen, which is written %s and read as %d, %v", s, fen, yuan(fen), again, err)
		}
	})
}
