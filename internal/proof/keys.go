package proof

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/fault"
)

// Keys are the public keys of a log: the one that it is sealed with, and those
// before it. They have the log's name in common; a note says by their hash which
// of them signed it.
type Keys struct{ list []key }

// key is one of them.
type key struct {
	note.Verifier
	until int64 // size of the log up to which it is believed; 0: without an end
}

func (k key) String() string { return keyID(k.Name(), k.KeyHash()) }

func keyID(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// maxKeys bounds the keys of a log.
const maxKeys = 100

// untilField is what a line says of the end of its key.
const untilField = "until="

// ParseKeys reads the public keys of a log, a line each: name+hash+key, as
// `sushaand keys seal` writes it, and of a key that signs no more until=SIZE, the
// size of the log up to which it did. Lines that begin with # say nothing. A key
// that is there twice ends where the first of its ends is.
func ParseKeys(texts ...string) (Keys, error) {
	var keys Keys
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			k, err := parseKey(line)
			if err != nil {
				return Keys{}, err
			}
			if err := keys.add(k); err != nil {
				return Keys{}, err
			}
		}
	}
	if len(keys.list) == 0 {
		return Keys{}, badKey("there is none")
	}
	return keys, nil
}

func parseKey(line string) (key, error) {
	words := strings.Fields(line)
	v, err := note.NewVerifier(words[0])
	if err != nil {
		return key{}, fault.Wrap(err, fault.SealKeyInvalid, "rule", "a line begins with a public key of signed notes (name+hash+key)")
	}
	k := key{Verifier: v}
	if len(words) == 1 {
		return k, nil
	}
	end, ok := strings.CutPrefix(words[1], untilField)
	k.until, err = strconv.ParseInt(end, 10, 64)
	if !ok || err != nil || k.until <= 0 || len(words) > 2 {
		return key{}, badKey("after a key there is until=SIZE or nothing")
	}
	return k, nil
}

func (k *Keys) add(one key) error {
	if len(k.list) > 0 && one.Name() != k.list[0].Name() {
		return badKey(fmt.Sprintf("they are of one log, and these are of %s and %s", k.list[0].Name(), one.Name()))
	}
	i := slices.IndexFunc(k.list, func(have key) bool { return have.KeyHash() == one.KeyHash() })
	switch {
	case i < 0 && len(k.list) == maxKeys:
		return badKey(fmt.Sprintf("there are %d at most", maxKeys))
	case i < 0:
		k.list = append(k.list, one)
	case one.until > 0 && (k.list[i].until == 0 || one.until < k.list[i].until):
		k.list[i].until = one.until
	}
	return nil
}

func badKey(rule string) error { return fault.New(fault.SealKeyInvalid, "rule", rule) }

// Name is that of the log.
func (k Keys) Name() string {
	if len(k.list) == 0 {
		return ""
	}
	return k.list[0].Name()
}

// String names the keys.
func (k Keys) String() string {
	names := make([]string, len(k.list))
	for i, one := range k.list {
		names[i] = one.String()
	}
	return strings.Join(names, ", ")
}

// signed is a note that one of the keys has signed, or more of them.
type signed struct {
	*note.Note
	by []key
}

// open reads a note that one of the keys has signed. The rule says what is wrong.
func (k Keys) open(text []byte) (n signed, rule string) {
	verifiers := make([]note.Verifier, len(k.list))
	for i, one := range k.list {
		verifiers[i] = one.Verifier
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	var unverified *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		for _, s := range unverified.Note.UnverifiedSigs {
			if s.Name == k.Name() {
				return n, fmt.Sprintf("it is not signed by %s, but says to be by %s: take the keys that the exchange publishes today", k, keyID(s.Name, s.Hash))
			}
		}
		return n, fmt.Sprintf("it is not signed by %s", k)
	case errors.As(err, &forged):
		return n, fmt.Sprintf("its signature by %s does not fit it", keyID(forged.Name, forged.Hash))
	case err != nil:
		return n, "it is not a signed note"
	}
	if !spelled(opened) {
		return n, "its signature is not written as the exchange writes it"
	}
	n.Note = opened
	for _, s := range opened.Sigs {
		i := slices.IndexFunc(k.list, func(one key) bool { return one.KeyHash() == s.Hash })
		n.by = append(n.by, k.list[i])
	}
	return n, ""
}

// of names the key by which a note is believed of the log at a size.
func (n signed) of(size int64) (by, rule string) {
	for _, k := range n.by {
		if k.until == 0 || size <= k.until {
			return k.String(), ""
		}
	}
	return "", fmt.Sprintf("it is of the log of %d transactions and signed by %s, which signed up to %d and then no more", size, n.by[0], n.by[0].until)
}
