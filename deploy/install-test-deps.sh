#!/usr/bin/env bash
# Installs what the tests talk to: Debian's servers, browser and text reader, and the npm packages. Where it may not install (no root, no
# apt-get, no npm) it says what stays missing and ends well: the tests that need it say so and are skipped, or fail where
# EARSHOT_TEST_REQUIRE=1.
set -uo pipefail
cd "$(dirname "$0")/.."

# package: a file that shows that it is there
wanted=(
	"chromium:/usr/bin/chromium"                                   # the pages, through chromedp
	"tesseract-ocr:/usr/bin/tesseract"                             # the text in pictures
	"opensmtpd:/usr/sbin/smtpd"                                    # a real mail relay
	"mariadb-server:/usr/sbin/mariadbd"                            # WordPress's database
	"php-cli:/usr/bin/php" "php-mysql:/usr/share/php*/mysql" "php-xml:/usr/share/php*/xml" "php-mbstring:/usr/share/php*/mbstring" "php-curl:/usr/share/php*/curl"
	"wordpress:/usr/share/wordpress/wp-load.php"                   # real feeds
	"postgresql:/usr/lib/postgresql" "redis-server:/usr/bin/redis-server" # a Bluesky network's stores
	"openssl:/usr/bin/openssl"
	"default-jdk-headless:/usr/bin/java" "maven:/usr/bin/mvn"      # Apache Kafka
)

missing=()
for w in "${wanted[@]}"; do
	compgen -G "${w#*:}" >/dev/null || missing+=("${w%%:*}")
done

if [ ${#missing[@]} -gt 0 ]; then
	root=()
	[ "$(id -u)" = 0 ] || root=(sudo -n)
	if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
		echo "installing ${missing[*]}"
		"${root[@]}" apt-get update -qq || echo "apt-get update failed; trying with the lists there are" >&2
		# The tests start every server themselves: none may start with its package, and none may wait for an answer.
		policy=/usr/sbin/policy-rc.d
		made=
		if [ ! -e $policy ]; then
			printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null && "${root[@]}" chmod +x $policy && made=yes
		fi
		"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >build/apt.log 2>&1 ||
			{ echo "some packages could not be installed; the end of build/apt.log:" >&2; tail -5 build/apt.log >&2; }
		[ -z "$made" ] || "${root[@]}" rm -f $policy
	else
		echo "not installed, and this account may not install: ${missing[*]}" >&2
	fi
fi

if command -v npm >/dev/null; then
	for dir in cmd/triage/web/assets sources/sourcestest/atproto; do
		[ -e "$dir/package-lock.json" ] || continue
		if [ ! -e "$dir/node_modules/.package-lock.json" ] || [ "$dir/package-lock.json" -nt "$dir/node_modules/.package-lock.json" ]; then
			echo "npm ci in $dir"
			(cd "$dir" && npm ci --no-audit --no-fund --loglevel=error) || echo "npm ci failed in $dir" >&2
			touch -c "$dir/node_modules/.package-lock.json"
		fi
	done
else
	echo "npm is missing: the pages stay plain, and tests that need npm packages are skipped" >&2
fi
exit 0
