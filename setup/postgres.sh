#!/bin/sh
# For the tests only: a PostgreSQL server's programs. Without them the PostgreSQL tests skip.
set -eu
cd "$(dirname "$0")/.."
. setup/machine.sh

has_initdb() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

if has_initdb; then exit 0; fi
if may_install; then
    say "installing PostgreSQL for the tests"
    debian_install postgresql || true
fi
has_initdb || say "no PostgreSQL (initdb) found: its tests will be skipped."
