package env

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"earshot/settings"
)

const (
	prefix     = "EARSHOT_"
	fileSuffix = "_FILE"

	maxSecretFileBytes = 64 << 10
)

// forTests are read by this project's tests and benchmarks, never by its programs, and may stand in any environment.
var forTests = []string{"EARSHOT_TEST_", "EARSHOT_BENCH_", "EARSHOT_SCREENSHOTS"}

// Parse reads environ, which is in the form of os.Environ. Its error joins one sentence for every fault and holds no secret. A variable
// that is set but empty counts as not set.
func Parse(environ []string) (Config, error) {
	c := Config{Data: "data", Listen: "127.0.0.1:8080", IngestListen: "127.0.0.1:8081",
		OIDC:    OIDC{Scopes: []string{"openid", "profile", "email"}, RolesClaim: "roles"},
		Opinion: Opinion{Budget: defaultOpinions}}
	given, errs := collect(environ)
	for _, v := range variables() {
		value, err := v.read(given)
		if err == nil && value != "" {
			err = v.set(&c, value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s%s %w", prefix, v.name, err))
		}
	}
	errs = append(errs, c.agree())
	return c, errors.Join(errs...)
}

// collect picks out our variables and refuses those nobody reads.
func collect(environ []string) (map[string]string, []error) {
	known := Names()
	given := map[string]string{}
	var errs []error
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch {
		case !strings.HasPrefix(name, prefix), slices.ContainsFunc(forTests, func(p string) bool { return strings.HasPrefix(name, p) }):
		case slices.Contains(known, name):
			given[name] = value
		default:
			meant := "see the README for those there are"
			if near := settings.Nearest(name, known); near != "" {
				meant = "did you mean " + near + "?"
			}
			errs = append(errs, fmt.Errorf("%s is not a variable of this program; %s", name, meant))
		}
	}
	return given, errs
}

// read returns the variable's value, from its _FILE twin when that is given.
func (v variable) read(given map[string]string) (string, error) {
	value, file := given[prefix+v.name], given[prefix+v.name+fileSuffix]
	switch {
	case file == "":
		return strings.TrimSpace(value), nil
	case value != "":
		return "", fmt.Errorf("and %s%s%s are both set; set one of them", prefix, v.name, fileSuffix)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("cannot be read from the file that %s%s%s names: %w", prefix, v.name, fileSuffix, err)
	}
	if info.IsDir() || info.Size() > maxSecretFileBytes {
		return "", fmt.Errorf("cannot be read from %s: it is a folder or larger than %d KiB", file, maxSecretFileBytes>>10)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot be read from the file that %s%s%s names: %w", prefix, v.name, fileSuffix, err)
	}
	if value = strings.TrimSpace(string(b)); value == "" {
		return "", fmt.Errorf("cannot be read from %s: it is empty", file)
	}
	return value, nil
}

// agree finds variables that contradict one another.
func (c Config) agree() error {
	var errs []error
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("EARSHOT_TLS_CERT and EARSHOT_TLS_KEY go together; set both or neither"))
	}
	if c.OIDC.Issuer != "" && c.OIDC.ClientID == "" {
		errs = append(errs, errors.New("EARSHOT_OIDC_ISSUER is set but EARSHOT_OIDC_CLIENT_ID is not; the sign-in service knows this program by it"))
	}
	if c.OIDC.Issuer == "" && (c.OIDC.ClientID != "" || !c.OIDC.ClientSecret.Empty()) {
		errs = append(errs, errors.New("EARSHOT_OIDC_CLIENT_ID or EARSHOT_OIDC_CLIENT_SECRET is set but EARSHOT_OIDC_ISSUER is not"))
	}
	if (c.Opinion.URL == "") != (c.Opinion.Model == "") {
		errs = append(errs, errors.New("EARSHOT_OPINION_URL and EARSHOT_OPINION_MODEL go together; set both or neither"))
	}
	if c.Opinion.URL == "" && !c.Opinion.Key.Empty() {
		errs = append(errs, errors.New("EARSHOT_OPINION_KEY is set but EARSHOT_OPINION_URL is not"))
	}
	return errors.Join(errs...)
}

// Embedded reports whether the log lives inside the process.
func (c Config) Embedded() bool { return len(c.KafkaBrokers) == 0 }

// TLS reports whether pages are served over TLS by this program itself.
func (c Config) TLS() bool { return c.TLSCert != "" }
