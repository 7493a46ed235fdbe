#!/bin/sh
# Installs those of the named Debian packages that are missing. With --optional, what cannot be
# installed is named and the exit status is 0: the rest works without.
set -eu

optional=
if [ "$1" = --optional ]; then
	optional=yes
	shift
fi

missing=
for package; do
	dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "missing packages:$missing" >&2
	echo "install them as root: apt-get install --no-install-recommends$missing" >&2
	[ -n "$optional" ]
	exit
fi

echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2 || echo "could not update the package lists; trying with what is there" >&2
# The list is words: shellcheck's advice to quote it would make it one.
# shellcheck disable=SC2086
apt-get install -q -y --no-install-recommends $missing >&2 || [ -n "$optional" ]
