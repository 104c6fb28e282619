package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// configFlag names the file with settings. It can be given by environment too,
// but not in a file.
const configFlag = "config"

// origin says where a setting's value is from.
type origin string

// The origins, the strongest first.
const (
	fromFlag        origin = "flag"
	fromEnvironment origin = "environment"
	fromFile        origin = "file"
	byDefault       origin = "default"
)

// settings are flags that take their value from the environment or a file too.
type settings struct {
	flags *pflag.FlagSet
	// extra are flags of the command that are no settings.
	extra   []string
	origins map[string]origin
}

// resolve gives every setting its value: of its flag, else of the environment,
// else of the file. All that is wrong is a usage error.
func (s *settings) resolve() error {
	s.origins = map[string]origin{}
	path, err := s.configFile()
	if err != nil {
		return err
	}
	inFile, err := s.readFile(path)
	if err != nil {
		return err
	}
	s.flags.VisitAll(func(f *pflag.Flag) {
		if err == nil && s.isSetting(f.Name) {
			err = s.resolveOne(f, inFile)
		}
	})
	return err
}

func (s *settings) isSetting(name string) bool {
	return name != configFlag && name != "help" && !slices.Contains(s.extra, name)
}

func (s *settings) configFile() (string, error) {
	path, err := s.flags.GetString(configFlag)
	if err == nil && path == "" {
		path = os.Getenv(envName(configFlag))
	}
	return path, err
}

func (s *settings) resolveOne(f *pflag.Flag, inFile map[string]string) error {
	s.origins[f.Name] = byDefault
	if f.Changed {
		s.origins[f.Name] = fromFlag
		return nil
	}
	if value, ok := os.LookupEnv(envName(f.Name)); ok {
		s.origins[f.Name] = fromEnvironment
		return s.set(f, value, envName(f.Name))
	}
	if value, ok := inFile[keyName(f.Name)]; ok {
		s.origins[f.Name] = fromFile
		return s.set(f, value, "the file's "+keyName(f.Name))
	}
	return nil
}

// set gives a flag a value. The value is left out of the error: it may be a
// secret.
func (s *settings) set(f *pflag.Flag, value, place string) error {
	if err := s.flags.Set(f.Name, value); err != nil {
		return usagef("%s is not a %s", place, f.Value.Type())
	}
	return nil
}

// envName is the environment variable of a flag.
func envName(flag string) string {
	return "SUSHAAND_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// keyName is a flag's key in a file.
func keyName(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// readFile reads the settings of a file as texts. A key that is no setting is
// an error: it would be believed to have an effect.
func (s *settings) readFile(path string) (map[string]string, error) {
	values := map[string]string{}
	if path == "" {
		return values, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	var nodes map[string]yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&nodes); err != nil && !errors.Is(err, io.EOF) {
		return nil, usagef("%s: %w", path, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, usagef("%s: it holds more than one document", path)
	}
	for key, node := range nodes {
		if err := s.knows(key); err != nil {
			return nil, usagef("%s:%d: %w", path, node.Line, err)
		}
		if values[key], err = textOf(node); err != nil {
			return nil, usagef("%s:%d: %s: %w", path, node.Line, key, err)
		}
	}
	return values, nil
}

func (s *settings) knows(key string) error {
	known := false
	s.flags.VisitAll(func(f *pflag.Flag) { known = known || s.isSetting(f.Name) && keyName(f.Name) == key })
	if known {
		return nil
	}
	return fmt.Errorf("unknown key %q", key)
}

// textOf is a value of the file as a flag takes it: a list becomes words with
// commas between.
func textOf(node yaml.Node) (string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return node.Value, nil
	case yaml.SequenceNode:
		words := make([]string, len(node.Content))
		for i, item := range node.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", errors.New("it must be a list of words without commas")
			}
			words[i] = item.Value
		}
		return strings.Join(words, ","), nil
	default:
		return "", errors.New("it must be a value or a list")
	}
}
