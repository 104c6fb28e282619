// Package contexts keeps the configuration file of sushaanctl: named contexts,
// each of which says which server to talk to and whose token to show, and
// which of them is current. The file is edited by hand and by
// `sushaanctl config`; sushaand demo writes one with a context per persona.
package contexts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is the content of the file.
type Config struct {
	CurrentContext string    `yaml:"current-context,omitempty"`
	Contexts       []Context `yaml:"contexts"`
}

// Context is one way to talk to an exchange. Relative file names are relative
// to the folder of the configuration file, so that the whole folder can move.
type Context struct {
	Name string `yaml:"name"`
	// Server is host:port of the gRPC port.
	Server string `yaml:"server"`
	// CAFile holds the certificates that the server's must chain to, in PEM;
	// empty: the system's roots.
	CAFile string `yaml:"ca_file,omitempty"`
	// Token is the bearer token itself; TokenFile is where to read it at every
	// call, so that a renewed token is picked up. At most one is set.
	Token     string `yaml:"token,omitempty"`
	TokenFile string `yaml:"token_file,omitempty"`
	// Language of texts from the server: en or zh-CN; empty: the server's choice.
	Language string `yaml:"language,omitempty"`
}

// DefaultPath is where the file is unless somebody says otherwise.
func DefaultPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the configuration file: %w", err)
	}
	return filepath.Join(dir, "sushaan", "config.yaml"), nil
}

// Load reads the file. A file that does not exist is an empty configuration: it
// comes into being with the first Save. Unknown keys are errors, because Save
// would lose them.
func Load(path string) (*Config, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Config{}, nil
	}
	if err != nil {
		return nil, err
	}
	c := &Config{}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Save writes the file so that a reader sees either the old or the new content,
// and nobody but its owner can read it: it holds tokens.
func Save(path string, c *Config) error {
	if err := c.check(); err != nil {
		return err
	}
	var content bytes.Buffer
	encoder := yaml.NewEncoder(&content)
	encoder.SetIndent(2)
	if err := encoder.Encode(c); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// A rename would replace a symbolic link instead of the file behind it.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return replace(path, content.Bytes())
}

// replace puts content in the place of a file in one step. Its mode is 0600,
// which is what os.CreateTemp gives.
func replace(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // fails, rightly, once it is renamed
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func (c *Config) check() error {
	seen := make(map[string]bool, len(c.Contexts))
	for _, x := range c.Contexts {
		switch {
		case x.Name == "":
			return errors.New("a context has no name")
		case seen[x.Name]:
			return fmt.Errorf("context %q is there twice", x.Name)
		case x.Token != "" && x.TokenFile != "":
			return fmt.Errorf("context %q has both token and token_file", x.Name)
		}
		seen[x.Name] = true
	}
	return nil
}

// Find is the context of a name.
func (c *Config) Find(name string) (Context, bool) {
	if i := c.index(name); i >= 0 {
		return c.Contexts[i], true
	}
	return Context{}, false
}

// Set adds a context, or replaces the one of the same name.
func (c *Config) Set(x Context) {
	if i := c.index(x.Name); i >= 0 {
		c.Contexts[i] = x
		return
	}
	c.Contexts = append(c.Contexts, x)
}

// Delete takes a context out and says whether it was there. Deleting the
// current context leaves none current.
func (c *Config) Delete(name string) bool {
	i := c.index(name)
	if i < 0 {
		return false
	}
	c.Contexts = slices.Delete(c.Contexts, i, i+1)
	if c.CurrentContext == name {
		c.CurrentContext = ""
	}
	return true
}

// Names lists the contexts' names in the order of the file.
func (c *Config) Names() []string {
	names := make([]string, 0, len(c.Contexts))
	for _, x := range c.Contexts {
		names = append(names, x.Name)
	}
	return names
}

func (c *Config) index(name string) int {
	return slices.IndexFunc(c.Contexts, func(x Context) bool { return x.Name == name })
}

// At gives the context with the file names made absolute, for the configuration
// file it was read from.
func (x Context) At(configPath string) Context {
	x.CAFile = beside(configPath, x.CAFile)
	x.TokenFile = beside(configPath, x.TokenFile)
	return x
}

func beside(configPath, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(configPath), file)
}

// ReadToken is the bearer token, read from its file where it is kept in one;
// empty where the context has none.
func (x Context) ReadToken() (string, error) {
	if x.TokenFile == "" {
		return strings.TrimSpace(x.Token), nil
	}
	content, err := os.ReadFile(x.TokenFile)
	if err != nil {
		return "", fmt.Errorf("token-file: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("%s holds no token", x.TokenFile)
	}
	return token, nil
}
