package demo

import (
	"fmt"
	"strings"
)

// tour is what to try next, as commands that work as they stand.
type tour struct {
	folder   folder
	base     string // URL of the HTTP API
	metrics  string // address
	offer    string // that can be ordered; empty where the story did not get there
	database string // file with the database's URL
	drill    string // drill file; empty without regions
}

func (t tour) tell(s *story) {
	s.chapter("Look around yourself 自己看一看")
	ctl := "go run ./cmd/sushaanctl --context "
	lines := []string{
		"The exchange serves on until Ctrl-C. In another terminal:",
		"",
		"  export SUSHAANCTL_CONFIG=" + quote(t.folder.contexts()),
		"  go run ./cmd/sushaanctl config get-contexts",
		"  " + ctl + school + " offers list",
		"  " + ctl + team + " ledger volumes --group-by month,direction",
	}
	if t.offer != "" {
		lines = append(lines,
			"  "+ctl+school+" policy explain order.place --offer "+t.offer,
			"  "+ctl+school+" orders place --offer "+t.offer+" --units 10")
	}
	curl := fmt.Sprintf("  curl --cacert %s -H \"Authorization: Bearer $(cat %s)\" ", quote(t.folder.authority()), quote(t.folder.token(school)))
	lines = append(lines,
		"",
		curl+"'"+t.base+"/v1/offers'",
		curl+"'"+t.base+"/v1/reports/volumes?group_by=DIMENSION_DIRECTION'",
		"",
		"  go run ./cmd/sushaand check --database-url \"$(cat "+quote(t.database)+")\"",
		"",
		"API in a browser: "+t.base+"/docs (its certificate is signed by "+t.folder.authority()+")",
		"Metrics: http://"+t.metrics+"/metrics · log: "+t.folder.log()+" · data: "+t.folder.path)
	if t.drill != "" {
		lines = append(lines, "",
			"  go run ./cmd/sushaand migrate regions --show --database-url \"$(cat "+quote(t.database)+")\"",
			"  go run ./cmd/sushaand drill gateway-loss --file "+quote(t.drill)+"   # or region-loss, node-loss, clock-jump")
	}
	for _, line := range lines {
		s.say("%s", line)
	}
}

// quote makes a path one word of a shell.
func quote(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+:@", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
