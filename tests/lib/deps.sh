#!/bin/sh
# Installs those of the named Debian packages that are missing. With --optional, what cannot be
# installed is named and the exit status is 0: the rest works without.
set -eu

optional=
if [ "$1" = --optional ]; then
	optional=yes
	shift
fi

# Prints those of its arguments that are not installed.
missing_of() {
	for package; do
		dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
			echo "$package"
	done
}

missing=$(missing_of "$@")
[ -n "$missing" ] || exit 0
# As words: shellcheck's advice to quote it would make it one.
# shellcheck disable=SC2086
set -- $missing

if [ "$(id -u)" != 0 ]; then
	echo "missing packages: $*" >&2
	echo "install them as root: apt-get install --no-install-recommends $*" >&2
	[ -n "$optional" ]
	exit
fi

echo "installing: $*" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2 || echo "could not update the package lists; trying with what is there" >&2
# One name that apt-get does not know stops all: then each by itself.
if ! apt-get install -q -y --no-install-recommends "$@" >&2; then
	for package; do
		apt-get install -q -y --no-install-recommends "$package" >&2 || true
	done
fi

missing=$(missing_of "$@")
[ -z "$missing" ] || echo "could not be installed: $missing" >&2
[ -z "$missing" ] || [ -n "$optional" ]
