package env

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"gopkg.in/yaml.v3"
)

func TestDefaults(t *testing.T) {
	c, err := Parse([]string{"PATH=/bin", "EARSHOT_LOG=", "EARSHOT_TEST_KAFKA=x", "EARSHOT_BENCH_N=1", "EARSHOT_SCREENSHOTS=y"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "data" || c.Listen != "127.0.0.1:8080" || c.IngestListen != "127.0.0.1:8081" || !c.Embedded() || c.TLS() || c.Log != slog.LevelInfo {
		t.Errorf("Parse of an empty environment = %+v", c)
	}
}

func TestEveryVariable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smtp")
	if err := os.WriteFile(file, []byte("smtp://u:p@relay:587?tls=starttls\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse([]string{
		"EARSHOT_DATA=/srv/earshot", "EARSHOT_LISTEN=:8443", "EARSHOT_INGEST_LISTEN=[::1]:9000", "EARSHOT_PUBLIC_URL=https://earshot.example.gov.uk/",
		"EARSHOT_TLS_CERT=/c.pem", "EARSHOT_TLS_KEY=/k.pem", "EARSHOT_KAFKA_BROKERS=a:9092, b:9092", "EARSHOT_TOPIC_PREFIX=kelder.",
		"EARSHOT_CLICKHOUSE_DSN=http://u:p@ch:8123/earshot", "EARSHOT_BLOB_URL=s3://bucket?region=eu-west-2", "EARSHOT_SMTP_URL_FILE=" + file,
		"EARSHOT_SETTINGS=/etc/earshot", "EARSHOT_SECRET_KEY=" + strings.Repeat("k", 32), "EARSHOT_OIDC_ISSUER=https://id.example.gov.uk",
		"EARSHOT_OIDC_CLIENT_ID=earshot", "EARSHOT_OIDC_CLIENT_SECRET=hush", "EARSHOT_OIDC_SCOPES=openid,email", "EARSHOT_OIDC_ROLES_CLAIM=groups",
		"EARSHOT_OPINION_URL=http://127.0.0.1:8000/v1", "EARSHOT_OPINION_MODEL=gemma", "EARSHOT_OPINION_KEY=hush", "EARSHOT_OPINION_BUDGET=20",
		"EARSHOT_LOG=debug", "EARSHOT_ENCODER_LIB=/opt/onnx/libonnxruntime.so.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://earshot.example.gov.uk" || !slices.Equal(c.KafkaBrokers, []string{"a:9092", "b:9092"}) ||
		c.SMTPURL.Reveal() != "smtp://u:p@relay:587?tls=starttls" || c.Log != slog.LevelDebug || len(c.OIDC.Scopes) != 2 || !c.TLS() ||
		c.EncoderLib != "/opt/onnx/libonnxruntime.so.1" {
		t.Errorf("Parse = %+v", c)
	}
}

func TestFaultsAreSentences(t *testing.T) {
	for _, tt := range []struct{ name, set, want string }{
		{"unknown", "EARSHOT_KAFKA_BROKER=a:1", "EARSHOT_KAFKA_BROKER is not a variable of this program; did you mean EARSHOT_KAFKA_BROKERS?"},
		{"unknown and far", "EARSHOT_ZEBRA=1", "EARSHOT_ZEBRA is not a variable of this program; see the README for those there are"},
		{"twin of no secret", "EARSHOT_LOG_FILE=x", "EARSHOT_LOG_FILE is not a variable"},
		{"address", "EARSHOT_LISTEN=8080", `EARSHOT_LISTEN "8080" is not a host and a port, such as 127.0.0.1:8080`},
		{"broker without host", "EARSHOT_KAFKA_BROKERS=:9092", `EARSHOT_KAFKA_BROKERS ":9092" is not a host and a port`},
		{"prefix", "EARSHOT_TOPIC_PREFIX=a b", "EARSHOT_TOPIC_PREFIX \"a b\" cannot begin a topic's name"},
		{"public url", "EARSHOT_PUBLIC_URL=earshot.example", "EARSHOT_PUBLIC_URL is not a web address; it begins with https:// or http://"},
		{"clickhouse", "EARSHOT_CLICKHOUSE_DSN=hunter2", "EARSHOT_CLICKHOUSE_DSN cannot be read; write it such as http://"},
		{"blob", "EARSHOT_BLOB_URL=ftp://hunter2", "EARSHOT_BLOB_URL cannot be read; write it such as s3://"},
		{"smtp scheme", "EARSHOT_SMTP_URL=mail:hunter2", "EARSHOT_SMTP_URL cannot be read; write it such as smtp://"},
		{"smtp tls", "EARSHOT_SMTP_URL=smtp://u:hunter2@h:25?tls=ssl", "EARSHOT_SMTP_URL has tls=ssl; known are starttls, tls and none"},
		{"smtp host", "EARSHOT_SMTP_URL=smtp://:25", "EARSHOT_SMTP_URL names no host"},
		{"short key", "EARSHOT_SECRET_KEY=hunter2", "EARSHOT_SECRET_KEY is too short; use at least 32 random characters"},
		{"missing file", "EARSHOT_SECRET_KEY_FILE=/nowhere/key", "EARSHOT_SECRET_KEY cannot be read from the file that EARSHOT_SECRET_KEY_FILE names"},
		{"level", "EARSHOT_LOG=loud", `EARSHOT_LOG "loud" is not a level; write debug, info, warn or error`},
		{"half a certificate", "EARSHOT_TLS_CERT=/c.pem", "EARSHOT_TLS_CERT and EARSHOT_TLS_KEY go together; set both or neither"},
		{"issuer alone", "EARSHOT_OIDC_ISSUER=https://id", "EARSHOT_OIDC_ISSUER is set but EARSHOT_OIDC_CLIENT_ID is not"},
		{"opinion without a scheme", "EARSHOT_OPINION_URL=models.example", "EARSHOT_OPINION_URL is not a web address"},
		{"opinion with a password", "EARSHOT_OPINION_URL=https://u:hunter2@models.example", "EARSHOT_OPINION_URL must end with the host or a path"},
		{"opinion without a model", "EARSHOT_OPINION_URL=https://models.example", "EARSHOT_OPINION_URL and EARSHOT_OPINION_MODEL go together"},
		{"model alone", "EARSHOT_OPINION_MODEL=x", "EARSHOT_OPINION_URL and EARSHOT_OPINION_MODEL go together"},
		{"opinion's key alone", "EARSHOT_OPINION_KEY=hunter2", "EARSHOT_OPINION_KEY is set but EARSHOT_OPINION_URL is not"},
		{"no budget", "EARSHOT_OPINION_BUDGET=0", `EARSHOT_OPINION_BUDGET "0" is not a number of calls a day`},
		{"no issuer", "EARSHOT_OIDC_CLIENT_ID=x", "EARSHOT_OIDC_ISSUER is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]string{tt.set})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse(%s) = %v, want %q", tt.set, err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("one mistake made more than one sentence:\n%v", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret stands in the error: %v", err)
			}
		})
	}
}

func TestAllFaultsInOneRun(t *testing.T) {
	_, err := Parse([]string{"EARSHOT_LISTEN=x", "EARSHOT_LOG=y", "EARSHOT_ZEBRA=z"})
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 3 {
		t.Errorf("%d sentences for three faults:\n%v", n, err)
	}
}

func TestSecretTwins(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string][]string{
		"are both set":  {"EARSHOT_SMTP_URL=smtp://h:25", "EARSHOT_SMTP_URL_FILE=" + empty},
		"it is empty":   {"EARSHOT_SMTP_URL_FILE=" + empty},
		"is a folder":   {"EARSHOT_SMTP_URL_FILE=" + t.TempDir()},
		"no such file":  {"EARSHOT_SMTP_URL_FILE=" + empty + "x"},
		"cannot be rea": {"EARSHOT_CLICKHOUSE_DSN_FILE=" + empty + "x"},
	} {
		if _, err := Parse(want); err == nil || !strings.Contains(err.Error(), set) {
			t.Errorf("Parse(%v) = %v, want %q", want, err, set)
		}
	}
}

// TestNoSecretPrints writes a configuration in every way a program might and looks for each secret in it.
func TestNoSecretPrints(t *testing.T) {
	const word = "hunter2hunter2hunter2hunter2hunter2"
	var set []string
	for _, v := range variables() {
		if v.secret {
			set = append(set, v.name)
		}
	}
	c, err := Parse([]string{"EARSHOT_CLICKHOUSE_DSN=http://u:" + word + "@h/db", "EARSHOT_BLOB_URL=s3://" + word, "EARSHOT_SMTP_URL=smtp://u:" + word + "@h:25",
		"EARSHOT_SECRET_KEY=" + word, "EARSHOT_OIDC_ISSUER=https://id", "EARSHOT_OIDC_CLIENT_ID=x", "EARSHOT_OIDC_CLIENT_SECRET=" + word,
		"EARSHOT_OPINION_URL=https://models.example", "EARSHOT_OPINION_MODEL=x", "EARSHOT_OPINION_KEY=" + word})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	j1, err1 := json.Marshal(c)
	j2, err2 := stdjson.Marshal(c)
	y, err3 := yaml.Marshal(c)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	fmt.Fprintf(&out, "%v %+v %#v %s\n%s\n%s\n%s\n", c, c, c, c.SMTPURL, j1, j2, y)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", c, "smtp", c.SMTPURL)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c, "smtp", c.SMTPURL)
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret is printed:\n%s", out.String())
	}
	if n := strings.Count(out.String(), "secret>"); n < 5*len(set) {
		t.Errorf("only %d places show <secret>; the test looks at too little:\n%s", n, out.String())
	}
}

func TestKey(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	first, err := Config{Data: data}.Key()
	if err != nil || len(first) != 32 {
		t.Fatalf("Key = %d bytes, %v", len(first), err)
	}
	info, err := os.Stat(filepath.Join(data, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file %v, %v; want mode 0600", info.Mode(), err)
	}
	again, err := Config{Data: data}.Key()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("a second start has another key: %v", err)
	}
	chosen, err := Config{Data: data, SecretKey: NewSecret(strings.Repeat("k", 32))}.Key()
	if err != nil || bytes.Equal(first, chosen) {
		t.Errorf("a chosen key was not used: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, keyFile), []byte("oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Config{Data: data}).Key(); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged key file gave %v", err)
	}
}

func TestKeyOfTwoStartsAtOnce(t *testing.T) {
	data := t.TempDir()
	keys := make(chan string, 8)
	for range cap(keys) {
		go func() {
			k, err := Config{Data: data}.Key()
			if err != nil {
				t.Error(err)
			}
			keys <- string(k)
		}()
	}
	first := <-keys
	for range cap(keys) - 1 {
		if k := <-keys; k != first {
			t.Fatal("two starts made two keys")
		}
	}
}
