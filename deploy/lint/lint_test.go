// Package lint tests what deploy/ holds with the libraries of the tools that read
// it: promtool's rules and expressions, kustomize, kubeconform, Compose.
package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/yannh/kubeconform/pkg/validator"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What promtool check rules says, and that each alert says what it is about and
// whom it wakes.
func TestAlertRulesAreAccepted(t *testing.T) {
	groups, errs := rulefmt.Parse(read(t, "../monitoring/alerts.yaml"), false, model.UTF8Validation)
	for _, err := range errs {
		t.Error(err)
	}
	alerts := 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			alerts++
			if r.Annotations["summary"] == "" || r.Labels["severity"] != "page" && r.Labels["severity"] != "ticket" {
				t.Errorf("%s has no summary or no severity", r.Alert)
			}
		}
	}
	if alerts < 10 {
		t.Errorf("%d alerts were found", alerts)
	}
	if _, errs := rulefmt.Parse([]byte("groups: [{name: g, rules: [{alert: A, expr: 'rate(x'}]}]"), false, model.UTF8Validation); len(errs) == 0 {
		t.Error("a broken expression is accepted: this test tests nothing")
	}
}

func TestDashboardsAskWhatPrometheusUnderstands(t *testing.T) {
	files, err := filepath.Glob("../monitoring/dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		var d struct {
			UID, Title string
			Panels     []struct {
				ID         int
				Title      string
				Datasource struct{ UID string }
				Targets    []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(read(t, file), &d); err != nil || d.UID == "" || d.Title == "" || len(d.Panels) == 0 {
			t.Errorf("%s: %v", file, err)
		}
		ids := map[int]bool{}
		for _, p := range d.Panels {
			if ids[p.ID] || p.Title == "" || p.Datasource.UID != "prometheus" || len(p.Targets) == 0 {
				t.Errorf("%s: panel %d %q", file, p.ID, p.Title)
			}
			ids[p.ID] = true
			for _, target := range p.Targets {
				if _, err := parser.ParseExpr(target.Expr); err != nil {
					t.Errorf("%s: %s: %v", file, p.Title, err)
				}
			}
		}
	}
}

// composed is the compose file as Compose reads it.
func composed(t *testing.T) *types.Project {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{"../compose/compose.yaml"}, cli.WithInterpolation(true), cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := cli.ProjectFromOptions(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The compose file is what Compose takes; every file that it names is there, but
// for the secrets and certificates that the operator makes.
func TestTheComposeFileIsAccepted(t *testing.T) {
	p := composed(t)
	for _, want := range []string{"db-js", "db-sn", "db-ha", "gateway-js", "gateway-sn", "prometheus", "grafana", "grants"} {
		if _, err := p.GetService(want); err != nil {
			t.Error(err)
		}
	}
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type != "bind" || strings.Contains(v.Source, "/certs") {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Each service of the compose file has the keys of the one user that it is, and a
// gateway its own: who takes a gateway over is not the database's administrator.
func TestNoServiceHasKeysOfAnother(t *testing.T) {
	p := composed(t)
	for name, s := range p.Services {
		var has []string
		for _, v := range s.Volumes {
			if _, part, ok := strings.Cut(v.Source, "/certs"); ok {
				has = append(has, part)
			}
		}
		slices.Sort(has)
		var want []string
		switch name {
		case "db-js", "db-sn", "db-ha":
			want = []string{"/" + name}
		case "init":
			want = []string{"/users/root"}
		case "migrate", "seed", "place", "grants":
			want = []string{"/users/exchange_migrate"}
		case "gateway-js", "gateway-sn":
			want = []string{"/gateways/" + name, "/users/exchange_serve"}
		case "prometheus":
			want = []string{"/ca.crt"}
		}
		if !slices.Equal(has, want) {
			t.Errorf("%s has %v, want %v", name, has, want)
		}
	}
}

// Prometheus asks the services of the compose file, and nothing else.
func TestPrometheusAsksServicesThatAreThere(t *testing.T) {
	p := composed(t)
	var c struct {
		RuleFiles     []string `json:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string `json:"job_name"`
			StaticConfigs []struct {
				Targets []string
				Labels  map[string]string
			} `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal(read(t, "../monitoring/prometheus.yml"), &c); err != nil || len(c.RuleFiles) != 1 {
		t.Fatal(err, c.RuleFiles)
	}
	asked := map[string]int{}
	for _, job := range c.ScrapeConfigs {
		for _, s := range job.StaticConfigs {
			for _, target := range s.Targets {
				host, _, _ := strings.Cut(target, ":")
				if _, err := p.GetService(host); err != nil || s.Labels["region"] == "" {
					t.Errorf("%s: %s: %v", job.JobName, target, err)
				}
				asked[job.JobName]++
			}
		}
	}
	// The alerts name these jobs.
	if asked["exchange"] != 2 || asked["cockroachdb"] != 3 {
		t.Errorf("%v", asked)
	}
}

// The image has nothing but the programs, and does not run as root.
func TestTheImageIsDistrolessAndNotRoot(t *testing.T) {
	var from, user string
	for line := range strings.Lines(string(read(t, "../Dockerfile"))) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "FROM":
			from, user = words[1], ""
		case len(words) > 1 && words[0] == "USER":
			user = words[1]
		}
	}
	if !strings.HasPrefix(from, "gcr.io/distroless/static") || !strings.HasSuffix(from, ":nonroot") || user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("the last stage is from %q as user %q", from, user)
	}
}

// One version of the exchange is what migrates and what serves: a newer one that
// migrates would leave gateways that are started with a schema they do not know.
// The gateways of both provinces take the policies that are published for all.
func TestOneVersionMigratesAndServesAndPoliciesAreShared(t *testing.T) {
	images, gateways := map[string]int{}, 0
	for _, overlay := range []string{"jiangsu", "shaanxi", "witness", "migrate"} {
		for _, object := range built(t, overlay) {
			var pod struct {
				Spec struct{ Template corev1.PodTemplateSpec }
			}
			if err := yaml.Unmarshal(object, &pod); err != nil {
				t.Fatal(err)
			}
			in := pod.Spec.Template.Spec
			for _, c := range append(in.InitContainers, in.Containers...) {
				if strings.HasPrefix(c.Image, "sushaan/exchange") {
					images[c.Image]++
				}
				if c.Name == "gateway" && slices.Contains(c.Env, corev1.EnvVar{Name: "SUSHAAND_POLICY", Value: "database"}) {
					gateways++
				}
			}
		}
	}
	if len(images) != 1 || images["sushaan/exchange:latest"] > 0 || gateways != 2 {
		t.Errorf("images %v, %d provinces whose gateways take published policies", images, gateways)
	}
}

// kinds decodes each kind that we use, so that a field which Kubernetes does not
// have is an error.
var kinds = map[string]func() any{
	"v1/Namespace": func() any { return &corev1.Namespace{} }, "v1/Service": func() any { return &corev1.Service{} },
	"v1/ServiceAccount": func() any { return &corev1.ServiceAccount{} }, "v1/ConfigMap": func() any { return &corev1.ConfigMap{} },
	"apps/v1/StatefulSet": func() any { return &appsv1.StatefulSet{} }, "batch/v1/Job": func() any { return &batchv1.Job{} },
	"policy/v1/PodDisruptionBudget":      func() any { return &policyv1.PodDisruptionBudget{} },
	"networking.k8s.io/v1/NetworkPolicy": func() any { return &networkingv1.NetworkPolicy{} },
}

// built is an overlay as kubectl kustomize gives it, object by object.
func built(t *testing.T, overlay string) [][]byte {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../kubernetes/"+overlay)
	if err != nil {
		t.Fatalf("%s: %v", overlay, err)
	}
	var objects [][]byte
	for _, r := range resources.Resources() {
		y, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, y)
	}
	return objects
}

func TestTheManifestsAreWhatKubernetesKnows(t *testing.T) {
	schemas := writeSchemas(t)
	conform, err := validator.New([]string{schemas + "/{{.ResourceKind}}{{.KindSuffix}}.json"}, validator.Opts{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, overlay := range []string{"jiangsu", "shaanxi", "witness", "migrate"} {
		for _, object := range built(t, overlay) {
			var head struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal(object, &head); err != nil {
				t.Fatal(err)
			}
			empty, known := kinds[head.APIVersion+"/"+head.Kind]
			if !known {
				t.Errorf("%s: %s %s is not among the kinds that we use", overlay, head.APIVersion, head.Kind)
				continue
			}
			if err := yaml.UnmarshalStrict(object, empty()); err != nil {
				t.Errorf("%s: %s: %v", overlay, head.Kind, err)
			}
			for _, r := range conform.Validate(overlay, readCloser(object)) {
				if r.Status != validator.Valid {
					t.Errorf("%s: %s: %v %v", overlay, head.Kind, r.Err, r.ValidationErrors)
				}
			}
		}
	}
	bad := "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x}\nspec: {replicas: many, surprise: 1}\n"
	if err := yaml.UnmarshalStrict([]byte(bad), &appsv1.StatefulSet{}); err == nil {
		t.Error("an unknown field is accepted: this test tests nothing")
	}
	for _, r := range conform.Validate("bad", readCloser([]byte(bad))) {
		if r.Status == validator.Valid {
			t.Error("a wrong type is accepted: this test tests nothing")
		}
	}
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }

func readCloser(content []byte) closer { return closer{bytes.NewReader(content)} }

// writeSchemas writes what kubeconform reads, from the schema of Kubernetes that
// ships with kustomize.
func writeSchemas(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(openapi.Schema())
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	all.Definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = map[string]any{"type": []string{"string", "integer"}}
	dir, files := t.TempDir(), 0
	for name, d := range all.Definitions {
		if _, has := d["properties"]; has && d["additionalProperties"] == nil {
			d["additionalProperties"] = false
		}
		gvks, _ := d["x-kubernetes-group-version-kind"].([]any)
		for _, v := range gvks {
			gvk, _ := v.(map[string]any)
			group, _ := gvk["group"].(string)
			api := fmt.Sprint(gvk["version"]) + "/" + fmt.Sprint(gvk["kind"])
			if group != "" {
				api = group + "/" + api
			}
			if _, used := kinds[api]; !used {
				continue
			}
			files++
			suffix := "-" + fmt.Sprint(gvk["version"])
			if group != "" {
				suffix = "-" + strings.Split(group, ".")[0] + suffix
			}
			file := filepath.Join(dir, strings.ToLower(fmt.Sprint(gvk["kind"]))+suffix+".json")
			content, err := json.Marshal(map[string]any{"$ref": "#/definitions/" + name, "definitions": all.Definitions})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if files != len(kinds) {
		t.Fatalf("schemas of %d of %d kinds were found", files, len(kinds))
	}
	return dir
}

// What an operator relies on: every workload has probes, cannot become root, and
// its pods lie on machines of their own.
func TestEveryWorkloadHasProbesAndNoRights(t *testing.T) {
	workloads := 0
	for _, overlay := range []string{"jiangsu", "shaanxi", "witness"} {
		for _, object := range built(t, overlay) {
			var s appsv1.StatefulSet
			if err := yaml.Unmarshal(object, &s); err != nil || s.Kind != "StatefulSet" {
				continue
			}
			workloads++
			pod := s.Spec.Template.Spec
			if pod.Affinity == nil || pod.Affinity.PodAntiAffinity == nil || len(pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution) == 0 {
				t.Errorf("%s: %s may put its pods on one machine", overlay, s.Name)
			}
			if pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot {
				t.Errorf("%s: %s may run as root", overlay, s.Name)
			}
			for _, c := range pod.Containers {
				if c.ReadinessProbe == nil || c.LivenessProbe == nil || c.SecurityContext == nil || *c.SecurityContext.AllowPrivilegeEscalation {
					t.Errorf("%s: %s of %s has no probes, or may gain rights", overlay, c.Name, s.Name)
				}
			}
		}
	}
	if workloads != 5 {
		t.Errorf("%d workloads, want a database and gateways in each province, and a database at the witness", workloads)
	}
}
