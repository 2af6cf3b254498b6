package compose

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"earshot/cmd/internal/env"

	"gopkg.in/yaml.v3"
)

// compose is as much of docker-compose.yml as the tests look at.
type compose struct {
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
	Restart     string            `yaml:"restart"`
	Healthcheck map[string]any    `yaml:"healthcheck"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// environ is the service's environment in the form of os.Environ.
func (s service) environ() []string {
	var out []string
	for k, v := range s.Environment {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return out
}

func readCompose(t *testing.T) compose {
	t.Helper()
	b, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComposeHasEveryPart(t *testing.T) {
	c := readCompose(t)
	for name, image := range map[string]string{"kafka": "apache/kafka:4", "clickhouse": "clickhouse/clickhouse-server:", "mail": "axllent/mailpit:",
		"ingest": "earshot:", "triage-1": "earshot:", "triage-2": "earshot:", "key": "earshot:"} {
		s, ok := c.Services[name]
		if !ok || !strings.HasPrefix(s.Image, image) || strings.HasSuffix(s.Image, ":latest") {
			t.Errorf("service %s is %q, want %s with a version", name, s.Image, image)
		}
	}
	if k := c.Services["kafka"]; k.Environment["KAFKA_PROCESS_ROLES"] != "broker,controller" || k.Environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] != "false" {
		t.Errorf("Kafka is not a KRaft node whose topics are made in one place: %v", k.Environment)
	}
	for name, s := range c.Services {
		for dep, on := range s.DependsOn {
			d, ok := c.Services[dep]
			if !ok || on.Condition == "service_healthy" && d.Healthcheck == nil {
				t.Errorf("%s waits for %s, which is missing or has no health check", name, dep)
			}
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[volume]; !ok {
				t.Errorf("%s uses volume %s, which is not declared", name, volume)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s is open to the network at %s", name, p)
			}
		}
	}
}

// earshots are the services that run our programs, with the program of each.
var earshots = map[string]string{"ingest": "ingest", "triage-1": "triage", "triage-2": "triage"}

func TestComposeEnvironmentIsAccepted(t *testing.T) {
	c := readCompose(t)
	key := t.TempDir() + "/secret.key"
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 44)), 0o600); err != nil {
		t.Fatal(err)
	}
	host := regexp.MustCompile(`^(?:[a-z]+://)?(?:[^@/]*@)?([a-z0-9.-]+):\d+`)
	for name, program := range earshots {
		s := c.Services[name]
		if !slices.Equal(s.Command, []string{program}) || s.Restart == "" {
			t.Errorf("%s runs %v, restart %q", name, s.Command, s.Restart)
		}
		s.Environment["EARSHOT_SECRET_KEY_FILE"] = key
		e, err := env.Parse(s.environ())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Embedded() || e.ClickHouseDSN.Empty() || e.SMTPURL.Empty() || e.BlobURL.Empty() {
			t.Errorf("%s would run on embedded parts: %+v", name, e)
		}
		for _, address := range append(e.KafkaBrokers, e.ClickHouseDSN.Reveal(), e.SMTPURL.Reveal()) {
			m := host.FindStringSubmatch(address)
			if m == nil {
				t.Errorf("%s: no host in one of its addresses", name)
			} else if _, ok := c.Services[m[1]]; !ok {
				t.Errorf("%s looks for a host %s, which is no service", name, m[1])
			}
		}
	}
	one, two := c.Services["triage-1"].Environment, c.Services["triage-2"].Environment
	for k, v := range one {
		if two[k] != v {
			t.Errorf("the two nodes differ in %s", k)
		}
	}
	if len(one) < 8 {
		t.Errorf("only %d variables were compared", len(one))
	}
}
