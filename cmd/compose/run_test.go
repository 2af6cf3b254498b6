package compose

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/cmd/internal/cmdtest"
	"earshot/escalate/escalatetest"
	"earshot/internal/machinetest"
)

func TestMain(m *testing.M) { cmdtest.Main(m) }

// TestComposeEnvironmentWorks starts ingest and both triage nodes as docker-compose.yml does, on the Kafka and ClickHouse of
// engines/with.sh, hands a threat to the first node, finds it on the second, and gets one mail about it.
func TestComposeEnvironmentWorks(t *testing.T) {
	kafka, clickhouse := needEngines(t)
	mail := escalatetest.NewServer(t, "none", "", "")
	relay, err := url.Parse(mail.URL())
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "secret.key"), []byte(strings.Repeat("k", 44)), 0o600); err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("compose-%d.", time.Now().UnixNano())
	start := func(name string) *cmdtest.Program {
		addr := machinetest.FreeAddress(t)
		env := []string{"HOME=" + t.TempDir(), "EARSHOT_TOPIC_PREFIX=" + prefix}
		for _, kv := range readCompose(t).Services[name].environ() {
			k, v, _ := strings.Cut(kv, "=")
			switch k {
			case "EARSHOT_DATA":
				v = t.TempDir()
			case "EARSHOT_LISTEN", "EARSHOT_INGEST_LISTEN":
				v = addr
			case "EARSHOT_KAFKA_BROKERS":
				v = kafka
			case "EARSHOT_CLICKHOUSE_DSN":
				v = onHost(t, v, clickhouse, strings.Trim(strings.ReplaceAll(prefix, "-", "_"), "."))
			case "EARSHOT_SMTP_URL":
				v = strings.Replace(v, "mail:1025", relay.Host, 1)
			default:
				v = strings.ReplaceAll(v, "/srv/earshot", files)
			}
			env = append(env, k+"="+v)
		}
		p := cmdtest.New(t, earshots[name], addr, env...)
		p.Start()
		return p
	}
	one := start("triage-1")
	two, ingest := start("triage-2"), start("ingest")

	one.Token = one.NewToken("comms", "compose")
	two.Token = one.Token
	line := `{"id":"facebook:compose_1","platform":"facebook","text":"I know where Cllr Amos parks and I am going to kill him tonight","created_at":"` +
		time.Now().UTC().Format(time.RFC3339) + `"}`
	var got struct{ Accepted int }
	if err := one.Call(http.MethodPost, "/api/v1/mentions", "application/x-ndjson", strings.NewReader(line), &got); err != nil || got.Accepted != 1 {
		t.Fatalf("%d accepted, %v", got.Accepted, err)
	}
	two.Until("the second node finds it", 90*time.Second, func() error {
		if n, err := two.Total(`"going to kill him"`); err != nil || n != 1 {
			return fmt.Errorf("%d found, %v", n, err)
		}
		return nil
	})
	two.Until("a mail about it arrives", 90*time.Second, func() error {
		if !slices.ContainsFunc(mail.Mails(t), func(m *escalatetest.Mail) bool {
			return strings.Contains(m.Header.Get("To"), "duty.officer@marrowby.example")
		}) {
			return errors.New("none yet")
		}
		return nil
	})
	for _, p := range []*cmdtest.Program{ingest, two, one} {
		p.Stop()
	}
}

// needEngines returns the engines' addresses.
func needEngines(t *testing.T) (kafka, clickhouse string) {
	t.Helper()
	kafka, clickhouse = os.Getenv("EARSHOT_TEST_KAFKA"), os.Getenv("EARSHOT_TEST_CLICKHOUSE")
	if kafka == "" || clickhouse == "" {
		machinetest.Need(t, "a real Kafka and ClickHouse: run it under engines/with.sh")
	}
	return kafka, clickhouse
}

// onHost puts the engine's host and a database of the test's own into the compose file's DSN. The engine for tests knows no users.
func onHost(t *testing.T, dsn, engine, database string) string {
	t.Helper()
	u, err1 := url.Parse(dsn)
	e, err2 := url.Parse(engine)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	u.Scheme, u.Host, u.User, u.Path = e.Scheme, e.Host, e.User, "/"+database
	return u.String()
}
