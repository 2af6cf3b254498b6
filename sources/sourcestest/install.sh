#!/bin/sh
# Installs the real servers that the tests of sources talk to: Debian's WordPress with MariaDB and PHP, its MediaWiki with SQLite, PostgreSQL and
# Redis, Dovecot, ngIRCd and InspIRCd, and the Bluesky network from npm. Idempotent: what is there is left alone. Needs Debian, root or sudo without
# a password for what is missing, and Node.
set -eu
cd "$(dirname "$0")"

missing=
need() { # need PACKAGE PATH
	[ -e "$2" ] || missing="$missing $1"
}
need wordpress /usr/share/wordpress/wp-settings.php
need mediawiki /usr/share/mediawiki/api.php
need mariadb-server /usr/sbin/mariadbd
need php-cli /usr/bin/php
need redis-server /usr/bin/redis-server
need dovecot-imapd /usr/sbin/dovecot
need ngircd /usr/sbin/ngircd
need inspircd /usr/sbin/inspircd
php -m 2>/dev/null | grep -qi mysqli || missing="$missing php-mysql"
php -m 2>/dev/null | grep -qi sqlite3 || missing="$missing php-sqlite3"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"

if [ -n "$missing" ]; then
	as_root=
	[ "$(id -u)" = 0 ] || as_root="sudo -n"
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
	# The servers are started by the tests, in folders of their own.
	# shellcheck disable=SC2086
	$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing
fi

if ! cmp -s atproto/package-lock.json atproto/node_modules/.installed; then
	(cd atproto && npm ci --no-audit --no-fund)
	cp atproto/package-lock.json atproto/node_modules/.installed
fi
