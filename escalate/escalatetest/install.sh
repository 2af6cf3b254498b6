#!/bin/sh
# Installs Debian's OpenSMTPD for the mail tests and keeps its service from starting: the tests run an instance of their own.
set -eu
command -v smtpd >/dev/null 2>&1 || [ -x /usr/sbin/smtpd ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends opensmtpd
if command -v systemctl >/dev/null 2>&1; then systemctl disable --now opensmtpd >/dev/null 2>&1 || true; fi
