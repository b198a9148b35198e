#!/bin/sh
# For the benchmarks only: an environment for each peer whose packages would not live with ours.
set -eu
cd "$(dirname "$0")/.."
. setup/machine.sh

for listed in bench/peers/*.txt; do
    name=$(basename "$listed" .txt)
    if cmp -s "$listed" "var/peers/$name/stamp"; then continue; fi
    say "making an environment for the peer $name"
    rm -rf "var/peers/$name"
    .venv/bin/python -m venv "var/peers/$name"
    "var/peers/$name/bin/pip" install --quiet --disable-pip-version-check -r "$listed"
    cp "$listed" "var/peers/$name/stamp"
done
