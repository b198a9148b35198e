#!/bin/sh
# For the tests only: SoftHSM 2, a token in software behind PKCS #11. Without it its tests skip.
set -eu
cd "$(dirname "$0")/.."
. setup/machine.sh

if command -v softhsm2-util >/dev/null; then exit 0; fi
if may_install; then
    say "installing SoftHSM for the tests"
    debian_install softhsm2 || true
fi
command -v softhsm2-util >/dev/null || say "no SoftHSM found: its tests will be skipped."
