// Package wordpress starts Debian's WordPress for tests: MariaDB and PHP's own web server in a temporary folder, installed without a
// question asked, gone with the test.
package wordpress

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/internal/machinetest"
	"earshot/sources/sourcestest"
)

const code = "/usr/share/wordpress"

// Site is a running WordPress.
type Site struct {
	URL string // http://127.0.0.1:port
	dir string
}

// Start installs and starts a site.
func Start(t testing.TB) *Site {
	t.Helper()
	sourcestest.MustExist(t, "Debian's wordpress", code+"/wp-settings.php")
	sourcestest.MustExist(t, "MariaDB", "/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db")
	if _, err := exec.LookPath("php"); err != nil {
		sourcestest.Need(t, "PHP")
	}
	dir := t.TempDir()
	db, addr := startMariaDB(t, dir), machinetest.FreeAddress(t)
	s := &Site{URL: "http://" + addr, dir: filepath.Join(dir, "site")}
	machinetest.Command(t, "cp", "-rL", code, s.dir)
	// Debian's own configuration and the links in wp-content lead out of the copy; ours must stand alone.
	if err := os.WriteFile(filepath.Join(s.dir, "wp-config.php"), []byte(config(db, s.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	php := exec.Command("php", "-d", "display_errors=0", "-S", addr, "-t", s.dir)
	php.Env = append(os.Environ(), "PHP_CLI_SERVER_WORKERS=2")
	machinetest.Serve(t, php, addr)
	s.install(t)
	return s
}

func config(db, address string) string {
	return fmt.Sprintf(`<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp'); define('DB_HOST', '%s');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', '%s'); define('WP_SITEURL', '%s');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
foreach (['AUTH_KEY','SECURE_AUTH_KEY','LOGGED_IN_KEY','NONCE_KEY','AUTH_SALT','SECURE_AUTH_SALT','LOGGED_IN_SALT','NONCE_SALT'] as $k) define($k, 'only for tests');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`, db, address, address)
}

func startMariaDB(t testing.TB, dir string) (addr string) {
	t.Helper()
	data, socket := filepath.Join(dir, "mysql"), filepath.Join(dir, "s.sock")
	if len(socket) > 100 { // a Unix socket's path is short
		short, err := os.MkdirTemp("", "wp")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(short) })
		socket = filepath.Join(short, "s.sock")
	}
	user := "--user=" + strconv.Itoa(os.Getuid())
	if os.Getuid() == 0 {
		user = "--user=root"
	}
	machinetest.Command(t, "mariadb-install-db", "--no-defaults", user, "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	addr = machinetest.FreeAddress(t)
	host, port, _ := strings.Cut(addr, ":")
	cmd := exec.Command("/usr/sbin/mariadbd", "--no-defaults", user, "--datadir="+data, "--socket="+socket, "--bind-address="+host,
		"--port="+port, "--pid-file="+filepath.Join(dir, "pid"), "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M")
	machinetest.Serve(t, cmd, addr)
	machinetest.Command(t, "mariadb", "--no-defaults", "-u", "root", "--socket="+socket, "-e",
		"CREATE DATABASE wp CHARACTER SET utf8mb4; CREATE USER wp@'%' IDENTIFIED BY 'wp'; GRANT ALL ON wp.* TO wp@'%'; "+
			"CREATE USER wp@localhost IDENTIFIED BY 'wp'; GRANT ALL ON wp.* TO wp@localhost")
	return addr
}

// install answers WordPress's own installation page.
func (s *Site) install(t testing.TB) {
	t.Helper()
	form := url.Values{"weblog_title": {"Exampleford Voices"}, "user_name": {"editor"}, "admin_password": {"weak"}, "admin_password2": {"weak"},
		"pw_weak": {"1"}, "admin_email": {"editor@example.test"}, "blog_public": {"1"}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/wp-admin/install.php?step=2", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("WordPress's installation answered %d", res.StatusCode)
	}
	s.PHP(t, `wp_delete_post(1, true); wp_delete_post(2, true); update_option('comment_moderation', '0');`)
}

// PHP runs code inside WordPress and returns what it prints.
func (s *Site) PHP(t testing.TB, code string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "php", append([]string{"-d", "display_errors=stderr", "-r", `require 'wp-load.php'; ` + code, "--"}, args...)...)
	cmd.Dir = s.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("php: %v\n%s", err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// Publish publishes a post, dated minutes before now, and returns its number.
func (s *Site) Publish(t testing.TB, title, html string, minutesAgo int) string {
	t.Helper()
	return s.PHP(t, `$at = gmdate('Y-m-d H:i:s', time() - 60 * (int)$argv[3]);
		echo wp_insert_post(['post_title' => $argv[1], 'post_content' => $argv[2], 'post_status' => 'publish', 'post_author' => 1, 'post_date' => $at, 'post_date_gmt' => $at]);`,
		title, html, strconv.Itoa(minutesAgo))
}

// GUID is the post's own id, as its feeds give it.
func (s *Site) GUID(t testing.TB, post string) string {
	t.Helper()
	return s.PHP(t, `echo get_post((int)$argv[1])->guid;`, post)
}

// Comment leaves an approved comment on a post and returns its number.
func (s *Site) Comment(t testing.TB, post, author, text string) string {
	t.Helper()
	return s.PHP(t, `echo wp_insert_comment(['comment_post_ID' => (int)$argv[1], 'comment_author' => $argv[2], 'comment_content' => $argv[3], 'comment_approved' => 1]);`,
		post, author, text)
}

// Edit replaces a post's content.
func (s *Site) Edit(t testing.TB, post, html string) {
	t.Helper()
	s.PHP(t, `wp_update_post(['ID' => (int)$argv[1], 'post_content' => $argv[2]]);`, post, html)
}
