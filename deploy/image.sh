#!/usr/bin/env bash
# image.sh VERSION: dist/earshot-VERSION.oci.tar, an OCI image of Debian packages and our programs. Needs Debian's or Ubuntu's apt-get, for
# downloading only: no base image is pulled, nothing is installed on this machine, and no maintainer script is run.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "image.sh: apt-get and dpkg-deb are needed; run it on Debian or Ubuntu" >&2; exit 1; }
packages=(base-files base-passwd libc-bin dash coreutils ca-certificates tzdata netbase libstdc++6 tesseract-ocr tesseract-ocr-eng tesseract-ocr-cym)

mkdir -p dist build
work=$(mktemp -d build/image.XXXXXX)
work=$(cd "$work" && pwd)
trap 'rm -rf "$work"' EXIT
root=$work/debian ours=$work/earshot
mkdir -p "$root" "$ours" "$work/debs/partial" "$work/lists"

# To apt this is an empty machine, so that it names every package that is needed and not those missing here. The lists are this machine's.
touch "$work/status"
[ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || apt-get update -qq
apt-get -qq -y -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/debs" -o APT::Install-Recommends=false \
	-o APT::Sandbox::User=root -o Debug::NoLocking=1 --download-only install "${packages[@]}" >"$work/apt.log" 2>&1 ||
	{ tail -5 "$work/apt.log" >&2; echo "image.sh: the packages cannot be downloaded; try apt-get update" >&2; exit 1; }

# One tree under /usr, as Debian's installer lays it out.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{tmp,var/tmp}
for d in bin sbin lib lib64; do ln -sfn "usr/$d" "$root/$d"; done
chmod 1777 "$root/tmp" "$root/var/tmp"
for deb in "$work"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
done
# What the scripts of the packages would have done.
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | sort -z | xargs -0 cat >"$root/etc/ssl/certs/ca-certificates.crt"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
echo 'earshot:x:10001:10001:Earshot:/var/lib/earshot:/usr/sbin/nologin' >>"$root/etc/passwd"
echo 'earshot:x:10001:' >>"$root/etc/group"
/sbin/ldconfig -r "$root" 2>/dev/null || true # the loader finds Debian's folders without its cache too
# Who made what is kept (copyright); manuals, translations and the tools of packages are not.
rm -rf "$root"/usr/share/{man,info,locale,lintian,bug} "$root"/var/{cache,lib/apt,lib/dpkg}
find "$root/usr/share/doc" -type f ! -name copyright -delete
{ for deb in "$work"/debs/*.deb; do dpkg-deb -f "$deb" Package Version | awk '{print $2}' | paste -sd' ' -; done; } | sort >"$root/usr/share/earshot-packages.txt"

mkdir -p "$ours/usr/local/bin" "$ours/usr/local/share/doc/earshot" "$ours/var/lib/earshot" "$ours/srv/earshot"
for program in triage ingest; do
	CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$ours/usr/local/bin/$program" "./cmd/$program"
done
arch=$(go env GOARCH)
deploy/encoder.sh linux "$arch"
if [ -d "build/encoder/linux-$arch" ]; then
	mkdir -p "$ours/usr/local/lib/earshot"
	cp "build/encoder/linux-$arch"/* deploy/encoder/NOTICE "$ours/usr/local/lib/earshot/"
fi
for f in LICENSE README.md; do [ ! -e $f ] || cp $f "$ours/usr/local/share/doc/earshot/"; done

# It must run before anybody loads it.
if [ "$(id -u)" = 0 ]; then
	cp -al "$root" "$work/try" && cp -a "$ours/." "$work/try/"
	chroot "$work/try" /usr/local/bin/triage version
	chroot "$work/try" /usr/bin/tesseract --list-langs | grep -qx eng
	chroot "$work/try" /bin/sh -c 'echo key | base64 | head -c 4 >/tmp/key && test -s /tmp/key && test -s /etc/ssl/certs/ca-certificates.crt'
fi
go run ./deploy/image -out "dist/earshot-$version.oci.tar" -tag "earshot:$version,earshot:latest" -created "$(git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u +%Y-%m-%dT%H:%M:%SZ)" "$root" "$ours"
ls -l "dist/earshot-$version.oci.tar"
