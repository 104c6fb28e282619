package proof

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/sushaan/exchange/internal/fault"
)

// SubmissionFormat names the form of a submission's manifest, and is the first
// line of the note that signs it: no note of a checkpoint begins so.
const SubmissionFormat = "sushaan.exchange/submission/v1"

// The files of a pack that are not in its manifest.
const (
	ManifestFile = "manifest.json"
	NoteFile     = "manifest.note"
)

const (
	maxPackFiles = 100
	maxPackFile  = 64 << 20 // bytes of one file, unpacked
)

// Manifest says what a submission is: which period, read from which log, by
// which method, and every file of it. The same ledger, position and method give
// the same manifest.
type Manifest struct {
	Format         string       `json:"format"`
	Origin         string       `json:"origin"` // of the log
	Period         string       `json:"period"`
	FirstDay       string       `json:"first_day"`
	LastDay        string       `json:"last_day"`
	Position       int64        `json:"position,string"` // transactions of the log that it is read from
	Checkpoint     string       `json:"checkpoint"`      // signed note of the log of that size
	PolicyRevision string       `json:"policy_revision"` // by which the period was closed
	Scope          string       `json:"scope"`
	Method         []MethodText `json:"method"`
	Files          []PackFile   `json:"files"`

	By string `json:"-"` // names the key that signed it, where that was looked at
}

// MethodText is what a table of the submission is, in both languages.
type MethodText struct {
	Name string `json:"name"`
	EN   string `json:"en"`
	ZH   string `json:"zh"`
}

// PackFile is a file of the pack.
type PackFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size,string"`
	SHA256 string `json:"sha256"` // hex
	Ledger bool   `json:"ledger"` // made from the ledger alone, so that it can be made again
}

// Encode gives the manifest's bytes.
func (m Manifest) Encode() ([]byte, error) {
	m.Format = SubmissionFormat
	b, err := encode(m)
	if err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	err = json.Indent(&lines, b, "", "  ")
	return append(lines.Bytes(), '\n'), err
}

// Digest is a file's SHA-256 in hex.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Pack is a submission: its files by name, the manifest and its note among them.
type Pack map[string][]byte

// SignPack makes a pack of files whose manifest has their names and hashes, and
// signs the manifest.
func SignPack(m Manifest, files Pack, s note.Signer) (Pack, error) {
	m.Origin = s.Name()
	for i, f := range m.Files {
		content, ok := files[f.Name]
		if !ok || f.Name == ManifestFile || f.Name == NoteFile {
			return nil, fmt.Errorf("proof: the pack has no file %s", f.Name)
		}
		m.Files[i].Size, m.Files[i].SHA256 = int64(len(content)), Digest(content)
	}
	if len(m.Files) != len(files) {
		return nil, errors.New("proof: a file of the pack is not in its manifest")
	}
	manifest, err := m.Encode()
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: submissionNote(m, manifest)}, s)
	if err != nil {
		return nil, err
	}
	pack := Pack{ManifestFile: manifest, NoteFile: signed}
	for name, content := range files {
		pack[name] = content
	}
	return pack, nil
}

// submissionNote is the signed text: the form, the log's name, the period and the
// manifest's hash, a line each.
func submissionNote(m Manifest, manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return fmt.Sprintf("%s\n%s\n%s\n%s\n", SubmissionFormat, m.Origin, m.Period, base64.StdEncoding.EncodeToString(sum[:]))
}

// Zip writes the pack. The same files give the same bytes, whatever program
// packs them: nothing is compressed, no time is kept, and names are in order.
func (p Pack) Zip() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range p.Names() {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(p[name]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// Names are the names of the pack's files, in order.
func (p Pack) Names() []string {
	var names []string
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// IsZip says whether a file begins as a zip does.
func IsZip(b []byte) bool { return bytes.HasPrefix(b, []byte("PK\x03\x04")) }

// OpenPack reads a zip of a submission.
func OpenPack(b []byte) (Pack, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, broken("it is not a zip, or one that was cut")
	}
	if len(z.File) > maxPackFiles {
		return nil, broken("it has too many files")
	}
	pack := Pack{}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if _, twice := pack[f.Name]; twice {
			return nil, broken("file " + f.Name + " is in it twice")
		}
		if pack[f.Name], err = unpack(f); err != nil {
			return nil, err
		}
	}
	return pack, nil
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, broken("file " + f.Name + " cannot be read")
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxPackFile+1))
	switch {
	case err != nil:
		return nil, broken("file " + f.Name + " cannot be read, or was changed")
	case len(content) > maxPackFile:
		return nil, broken("file " + f.Name + " is too large")
	}
	return content, nil
}

func broken(rule string) error { return fault.New(fault.SubmissionInvalid, "rule", rule) }

// Verify proves the pack by the exchange's public keys alone: who made it, that
// every file is as it was signed, none missing and none added, and that the
// checkpoint that it was read from is signed too.
func (p Pack) Verify(keys Keys) (Manifest, Checkpoint, error) {
	m, err := p.manifest(keys)
	if err != nil {
		return m, Checkpoint{}, err
	}
	listed := map[string]bool{ManifestFile: true, NoteFile: true}
	for _, f := range m.Files {
		content, ok := p[f.Name]
		switch {
		case !ok:
			return m, Checkpoint{}, broken("file " + f.Name + " is missing")
		case listed[f.Name]:
			return m, Checkpoint{}, broken("file " + f.Name + " is listed twice")
		case int64(len(content)) != f.Size || Digest(content) != f.SHA256:
			return m, Checkpoint{}, broken("file " + f.Name + " was changed")
		}
		listed[f.Name] = true
	}
	for _, name := range p.Names() {
		if !listed[name] {
			return m, Checkpoint{}, broken("file " + name + " was added")
		}
	}
	c, err := OpenCheckpoint(m.Checkpoint, keys)
	if err == nil && c.Size != m.Position {
		err = broken("its checkpoint is of another position")
	}
	return m, c, err
}

// ReadManifest reads a manifest without a look at who signed it.
func ReadManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := decode(b, &m); err != nil || m.Format != SubmissionFormat {
		return Manifest{}, broken("its manifest is not of " + SubmissionFormat)
	}
	return m, nil
}

// manifest reads the manifest, if one of the keys has signed it.
func (p Pack) manifest(keys Keys) (Manifest, error) {
	var m Manifest
	content, ok := p[ManifestFile]
	text, okNote := p[NoteFile]
	if !ok || !okNote {
		return m, broken("it has no " + ManifestFile + " and " + NoteFile)
	}
	n, rule := keys.open(text)
	if rule != "" {
		return m, broken(rule)
	}
	m, err := ReadManifest(content)
	if err != nil {
		return m, err
	}
	if m.Origin != keys.Name() || n.Text != submissionNote(m, content) {
		return Manifest{}, broken("its signature is of another manifest")
	}
	if m.By, rule = n.of(m.Position); rule != "" {
		return Manifest{}, broken(rule)
	}
	return m, nil
}
