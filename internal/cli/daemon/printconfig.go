package daemon

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// hidden stands for a secret.
const hidden = "xxxxx"

// write prints the settings as a file that --config reads, each with where it
// is from, and secrets hidden.
func (s *settings) write(w io.Writer, secret func(flag string) bool) error {
	document := &yaml.Node{Kind: yaml.MappingNode}
	s.flags.VisitAll(func(f *pflag.Flag) {
		if !s.isSetting(f.Name) {
			return
		}
		text := f.Value.String()
		if secret(f.Name) {
			text = redact(text)
		}
		document.Content = append(document.Content,
			&yaml.Node{Kind: yaml.ScalarNode, Value: keyName(f.Name)}, valueNode(f, text, s.origins[f.Name]))
	})
	raw, err := yaml.Marshal(document)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s", raw)
	return err
}

func valueNode(f *pflag.Flag, text string, from origin) *yaml.Node {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		node := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, LineComment: string(from)}
		for _, word := range list.GetSlice() {
			node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: word})
		}
		return node
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text, LineComment: string(from)}
	if f.Value.Type() == "string" {
		// Quoted where it would otherwise be read as something else.
		node.Tag = "!!str"
	}
	return node
}

// redact hides a secret. Of a database URL the password alone is secret; what
// cannot be read as a URL is hidden whole.
func redact(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return hidden
	}
	query := u.Query()
	for _, name := range []string{"password", "sslpassword", "passfile"} {
		if query.Has(name) {
			query.Set(name, hidden)
			u.RawQuery = query.Encode()
		}
	}
	return u.Redacted()
}
