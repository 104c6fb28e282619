package drill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/sushaan/exchange/internal/cli/contexts"
	"github.com/sushaan/exchange/internal/fault"
)

// Installation is what a drill must know of an exchange that it did not start:
// where its parts are, the commands that stop and start them, and who trades
// meanwhile. It is the content of the drill file.
type Installation struct {
	// Databases are postgres:// URLs of nodes; what is checked afterwards is read
	// from the first that answers.
	Databases []string `yaml:"databases"`
	// Contexts is the sushaanctl configuration with those who trade. Relative to
	// the drill file.
	Contexts string  `yaml:"contexts"`
	Gateways []Part  `yaml:"gateways"`
	Nodes    []Part  `yaml:"nodes,omitempty"`
	Trades   []Trade `yaml:"trades"`
}

// Part is one process, or whatever stands and falls as one.
type Part struct {
	Name   string `yaml:"name"`
	Region string `yaml:"region,omitempty"`
	GRPC   string `yaml:"grpc,omitempty"` // host:port, of a gateway
	HTTP   string `yaml:"http,omitempty"` // host:port, of a gateway
	// Stop ends it without a chance to put anything in order, Start starts it
	// again and returns. Each is a program and its arguments.
	Stop  []string `yaml:"stop,omitempty,flow"`
	Start []string `yaml:"start,omitempty,flow"`
}

// Trade is an offer that somebody may order from.
type Trade struct {
	Context  string `yaml:"context"`
	Offer    string `yaml:"offer"`
	Quantity int64  `yaml:"quantity,omitempty"` // base units of one order; 0: the offer's minimum
}

// Load reads a drill file.
func Load(path string) (Installation, error) {
	var i Installation
	content, err := os.ReadFile(path)
	if err != nil {
		return i, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&i); err != nil {
		return i, invalid("%s: %v", path, err)
	}
	if i.Contexts != "" && !filepath.IsAbs(i.Contexts) {
		i.Contexts = filepath.Join(filepath.Dir(path), i.Contexts)
	}
	return i, i.validate()
}

// Save writes a drill file, for its owner alone: a URL may hold a password.
func Save(path string, i Installation) error {
	content, err := yaml.Marshal(i)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}

func invalid(format string, args ...any) error {
	return fault.New(fault.DrillInvalid, "rule", fmt.Sprintf(format, args...))
}

func (i Installation) validate() error {
	switch {
	case len(i.Databases) == 0:
		return invalid("no database is named: what is checked afterwards is read from it")
	case i.Contexts == "":
		return invalid("no contexts are named: somebody must trade")
	case len(i.Gateways) == 0:
		return invalid("no gateway is named")
	case len(i.Trades) == 0:
		return invalid("no trade is named")
	}
	names := map[string]bool{}
	for _, p := range slices.Concat(i.Gateways, i.Nodes) {
		switch {
		case p.Name == "" || names[p.Name]:
			return invalid("each gateway and node has a name of its own; %q is not one", p.Name)
		case (len(p.Stop) == 0) != (len(p.Start) == 0):
			return invalid("%s can be stopped and started, or neither: give both commands", p.Name)
		}
		names[p.Name] = true
	}
	for _, g := range i.Gateways {
		if g.GRPC == "" || g.HTTP == "" {
			return invalid("gateway %s needs the addresses grpc and http", g.Name)
		}
	}
	return nil
}

// traders are the contexts of the trades, by name.
func (i Installation) traders() (map[string]contexts.Context, error) {
	config, err := contexts.Load(i.Contexts)
	if err != nil {
		return nil, err
	}
	found := map[string]contexts.Context{}
	for _, t := range i.Trades {
		c, ok := config.Find(t.Context)
		if !ok {
			return nil, invalid("%s has no context %q", i.Contexts, t.Context)
		}
		found[t.Context] = c.At(i.Contexts)
	}
	return found, nil
}

// lost are the parts that a drill takes away: all of a region, or one by name.
// Without a name it is the last that can be taken.
func (i Installation) lost(kind Kind, name string) ([]Part, error) {
	switch kind {
	case RegionLoss:
		return i.region(name)
	case NodeLoss:
		return one("node", i.Nodes, name)
	case GatewayLoss:
		return one("gateway", i.Gateways, name)
	default:
		return nil, nil
	}
}

func one(noun string, among []Part, name string) ([]Part, error) {
	for _, p := range slices.Backward(among) {
		if len(p.Stop) > 0 && (name == "" || p.Name == name) {
			if len(among) == 1 {
				return nil, invalid("%s is the only %s: nothing would go on without it", p.Name, noun)
			}
			return []Part{p}, nil
		}
	}
	return nil, invalid("no %s %q that can be stopped", noun, name)
}

func (i Installation) region(name string) ([]Part, error) {
	parts := slices.Concat(i.Gateways, i.Nodes)
	if name == "" && len(i.Gateways) > 0 {
		name = i.Gateways[len(i.Gateways)-1].Region
	}
	var lost []Part
	gateways, nodes := 0, 0
	for n, p := range parts {
		switch {
		case p.Region != name || name == "":
			continue
		case len(p.Stop) == 0:
			return nil, invalid("%s of the region %s cannot be stopped", p.Name, name)
		case n < len(i.Gateways):
			gateways++
		default:
			nodes++
		}
		lost = append(lost, p)
	}
	switch {
	case len(lost) == 0:
		return nil, invalid("nothing is in the region %q", name)
	case nodes == 0:
		return nil, invalid("no node of the database is named in the region %s: it would not be lost", name)
	case gateways == len(i.Gateways):
		return nil, invalid("every gateway is in the region %s: nothing would go on without it", name)
	}
	return lost, nil
}
