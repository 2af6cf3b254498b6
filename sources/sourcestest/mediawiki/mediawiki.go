// Package mediawiki starts Debian's MediaWiki for tests: its own installer, SQLite and PHP's web server in a temporary folder, gone with the test.
package mediawiki

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/machinetest"
	"earshot/sources/sourcestest"
)

const code = "/usr/share/mediawiki"

// Wiki is a running MediaWiki.
type Wiki struct {
	URL string // http://127.0.0.1:port
	dir string
}

// Start installs and starts a wiki that has a main page and nothing else.
func Start(t testing.TB) *Wiki {
	t.Helper()
	sourcestest.MustExist(t, "Debian's mediawiki", code+"/maintenance/install.php")
	if exec.Command("php", "-r", "exit(extension_loaded('pdo_sqlite') ? 0 : 1);").Run() != nil {
		sourcestest.Need(t, "PHP with SQLite")
	}
	dir, addr := t.TempDir(), machinetest.FreeAddress(t)
	w := &Wiki{URL: "http://" + addr, dir: dir}
	machinetest.Command(t, "mkdir", filepath.Join(dir, "conf"))
	machinetest.Command(t, "php", code+"/maintenance/install.php", "--dbtype", "sqlite", "--dbpath", filepath.Join(dir, "db"), "--confpath", filepath.Join(dir, "conf"),
		"--server", w.URL, "--scriptpath", "", "--pass", "only for tests", "Exampleford Wiki", "Keeper")
	settings, err := os.OpenFile(w.settings(), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = settings.WriteString("\n$wgMainCacheType = CACHE_NONE;\n$wgJobRunRate = 0;\n")
		err = errors.Join(err, settings.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	php := exec.Command("php", "-d", "display_errors=0", "-S", addr, "-t", code)
	php.Env = w.env("PHP_CLI_SERVER_WORKERS=2")
	machinetest.Serve(t, php, addr)
	return w
}

func (w *Wiki) settings() string { return filepath.Join(w.dir, "conf", "LocalSettings.php") }

func (w *Wiki) env(more ...string) []string {
	return append(append(os.Environ(), "MW_CONFIG_FILE="+w.settings()), more...)
}

// Maintain runs one of MediaWiki's own maintenance scripts with this input.
func (w *Wiki) Maintain(t testing.TB, input, script string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "php", append([]string{filepath.Join(code, "maintenance", script)}, args...)...)
	cmd.Env, cmd.Stdin = w.env(), strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// User makes an account.
func (w *Wiki) User(t testing.TB, name string) {
	t.Helper()
	w.Maintain(t, "", "createAndPromote.php", name, "a password 4 tests")
}

// Edit gives a page this text and returns the number of the revision.
func (w *Wiki) Edit(t testing.TB, user, page, text, summary string) string {
	t.Helper()
	w.Maintain(t, text, "edit.php", "-u", user, "-s", summary, page)
	res, err := http.Get(w.URL + "/api.php?action=query&prop=info&format=json&formatversion=2&titles=" + url.QueryEscape(page))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct {
		Query struct {
			Pages []struct {
				Revision json.Number `json:"lastrevid"`
			} `json:"pages"`
		} `json:"query"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || len(out.Query.Pages) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	return out.Query.Pages[0].Revision.String()
}

// Delete deletes a page.
func (w *Wiki) Delete(t testing.TB, page string) {
	t.Helper()
	w.Maintain(t, page+"\n", "deleteBatch.php", "-u", "Keeper")
}

// SQL changes the database behind MediaWiki's back.
func (w *Wiki) SQL(t testing.TB, statement string) {
	t.Helper()
	w.Maintain(t, "", "sql.php", "--query", statement)
}
