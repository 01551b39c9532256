#!/bin/sh
# The browser tests drive an installed Chromium; find one, or install Debian's package where that is possible.
set -eu
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Debian's chromium" >&2
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null
  exit 0
fi
echo "The browser tests need Chromium; install it first (Debian, Ubuntu: sudo apt install chromium)." >&2
exit 1
