#!/bin/sh
# Prepare .venv, the pinned packages and the front end. A second run does nothing: content stamps decide.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 && usable "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  say "Python 3.11, 3.12 or 3.13 is needed; install one, or name it: make setup PYTHON=/path/to/python3.12"
  exit 1
}

make_environment() {
  rm -rf .venv
  if ! "$1" -m venv .venv >.venv.log 2>&1; then
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      say "installing Debian's python3-venv"
      apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >/dev/null
      "$1" -m venv .venv
    else
      cat .venv.log >&2
      rm -f .venv.log
      say "This Python cannot make virtual environments; on Debian or Ubuntu: sudo apt install python3-venv"
      exit 1
    fi
  fi
  rm -f .venv.log
}

if [ -x .venv/bin/python ] && usable .venv/bin/python && [ -z "${PYTHON:-}" ]; then
  python=.venv/bin/python
else
  python=$(find_python)
fi
wanted=$( { "$python" -c 'import sys; print(sys.version_info[:2])'; pwd; cat requirements-dev.txt pyproject.toml; } | cksum)
if [ "$(cat .venv/setup.stamp 2>/dev/null || true)" != "$wanted" ]; then
  version=$("$python" -c 'import sys; print(sys.version_info[:2])')
  if ! [ -x .venv/bin/python ] || [ "$(.venv/bin/python -c 'import sys; print(sys.version_info[:2])' 2>/dev/null)" != "$version" ] \
    || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_environment "$python"
  fi
  say "installing the pinned packages"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
  printf '%s' "$wanted" >.venv/setup.stamp
fi
.venv/bin/python -m ehr_app.ui.build
