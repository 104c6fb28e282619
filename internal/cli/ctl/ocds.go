package ctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/ocds"
)

// exportOCDS is what a package is made with.
type exportOCDS struct {
	in                           *pb.ExportOCDSRequest
	uri, publisher, file, schema string
}

func reportsOCDS(a *app) *cobra.Command {
	e := &exportOCDS{in: &pb.ExportOCDSRequest{}}
	cmd := &cobra.Command{
		Use: "ocds", Short: "A package of releases or records in the Open Contracting Data Standard 1.1", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.exportOCDS(cmd.Context(), e) },
	}
	cmd.Long = `Ocds writes the orders that became contracts as a release package or a record
package of OCDS 1.1, a page at a time. With --schema, a folder that has the
standard's own JSON Schema files (release-schema.json,
release-package-schema.json and record-package-schema.json of 1.1), the written
file is checked against them.`
	cmd.Example = "  sushaanctl reports ocds --prefix ocds-213czf --uri https://exchange.example/ocds/2026.json --file 2026.json\n" +
		"  sushaanctl reports ocds --prefix ocds-213czf --uri https://exchange.example/ocds/2026.json --records --file records.json --schema schema"
	f := cmd.Flags()
	f.StringVar(&e.in.OcidPrefix, "prefix", "", "the publisher's registered ocid prefix, such as ocds-213czf")
	f.BoolVar(&e.in.Records, "records", false, "records instead of releases")
	f.StringVar(&e.in.From, "from", "", "first day on which orders were placed, YYYY-MM-DD")
	f.StringVar(&e.in.To, "to", "", "last day, YYYY-MM-DD")
	f.StringVar(&e.uri, "uri", "", "where the package will be published")
	f.StringVar(&e.publisher, "publisher", "Sushaan Exchange", "name of the publisher")
	f.StringVar(&e.file, "file", "", "file to write, which must be new")
	f.StringVar(&e.schema, "schema", "", "folder with the standard's JSON Schema files, to check the file against")
	return require(cmd, "prefix", "uri", "file")
}

func (a *app) exportOCDS(ctx context.Context, e *exportOCDS) error {
	out, err := os.OpenFile(e.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	n, err := a.writePackage(ctx, w, e)
	if err = errors.Join(err, w.Flush(), out.Close()); err != nil {
		return err
	}
	a.note("wrote %d %s", n, e.holds())
	if e.schema == "" {
		return nil
	}
	if err := e.check(); err != nil {
		return err
	}
	a.note("accepted by the schema in %s", e.schema)
	return nil
}

func (e *exportOCDS) holds() string {
	if e.in.GetRecords() {
		return "records"
	}
	return "releases"
}

// writePackage writes a package a page at a time: what is held of it is a page.
func (a *app) writePackage(ctx context.Context, w io.Writer, e *exportOCDS) (int, error) {
	call, n := bind(pb.NewReportServiceClient, pb.ReportServiceClient.ExportOCDS), 0
	head, err := ocds.Head(e.uri, e.publisher, e.holds(), time.Now())
	if err != nil {
		return n, err
	}
	if _, err := w.Write(head); err != nil {
		return n, err
	}
	for e.in.PageSize = pageWhenAll; ; {
		out, err := invoke(ctx, a, call, e.in)
		if err != nil {
			return n, err
		}
		for _, p := range out.GetProcesses() {
			if n > 0 {
				p = ",\n" + p
			}
			if _, err := io.WriteString(w, p); err != nil {
				return n, err
			}
			n++
		}
		token := out.GetNextPageToken()
		if token == "" {
			_, err := io.WriteString(w, "]}\n")
			return n, err
		}
		if token == e.in.GetPageToken() {
			return n, errSameToken
		}
		e.in.PageToken = token
	}
}

// check validates the file by the schemas of a folder. They refer to each other
// by addresses, of which the file's name is what counts: nothing is fetched.
func (e *exportOCDS) check() error {
	c := jsonschema.NewCompiler()
	c.UseLoader(folderLoader(e.schema))
	name := "release-package-schema.json"
	if e.in.GetRecords() {
		name = "record-package-schema.json"
	}
	schema, err := c.Compile("https://standard.open-contracting.org/schema/1__1__5/" + name)
	if err != nil {
		return fmt.Errorf("the schema in %s: %w", e.schema, err)
	}
	f, err := os.Open(e.file)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return err
	}
	if err := schema.Validate(content); err != nil {
		return fmt.Errorf("%s is not what the standard asks for: %w", e.file, err)
	}
	return nil
}

// folderLoader finds a schema by the last part of its address.
type folderLoader string

// Load reads a schema.
func (d folderLoader) Load(url string) (any, error) {
	f, err := os.Open(filepath.Join(string(d), path.Base(url)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return jsonschema.UnmarshalJSON(f)
}
