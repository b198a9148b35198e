#!/bin/sh
# Resolves pyproject.toml into requirements.lock: all platforms, Python 3.11 to 3.13, with hashes.
# Versions already locked stay where pyproject.toml allows; delete the lock first to raise all.
set -eu
cd "$(dirname "$0")/.."
. setup/machine.sh
. setup/python.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -f requirements.lock ]; then cp requirements.lock "$work/resolved"; fi

python=$(find_python)
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
"$work/venv/bin/uv" pip compile pyproject.toml --extra dev --extra model --universal --python-version 3.11 \
    --generate-hashes --no-header --no-annotate --quiet --output-file "$work/resolved"

# The lock is for every machine: it names no registry and no folder of this one.
if grep -nE '://|^-|^ *#|file:' "$work/resolved"; then
    fail "the lines above do not belong in a lock; requirements.lock is unchanged"
fi
{
    echo "# Made by 'make lock' from pyproject.toml, for Python 3.11 to 3.13 on every platform. Do not edit."
    cat "$work/resolved"
} >requirements.lock
say "requirements.lock names $(grep -c '==' requirements.lock) packages"
