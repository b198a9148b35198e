#!/bin/sh
# Set-up: .venv from requirements.lock, then a Chromium. Instant when it was done before.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
cd "$root"
. setup/machine.sh

# What .venv was made from. It names the folder too, since a venv does not survive being moved.
fingerprint() {
    { echo "$root"; cat requirements.lock pyproject.toml; } |
        if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

venv_is_current() {
    [ -x .venv/bin/python ] && [ "$(cat .venv/stamp 2>/dev/null)" = "$wanted" ]
}

chromium_is_current() {
    known=$(cat .venv/chromium-path 2>/dev/null) && [ -x "$known" ] &&
        [ "${TAXLINK_CHROMIUM:-$known}" = "$known" ]
}

wanted=$(fingerprint)
if venv_is_current && chromium_is_current; then exit 0; fi

# Two set-ups of one folder at the same time take turns.
if command -v flock >/dev/null; then
    exec 9>.setup.lock
    flock 9
fi

if ! venv_is_current; then
    . setup/venv.sh
    printf '%s\n' "$wanted" >.venv/stamp
fi
if ! chromium_is_current; then
    . setup/chromium.sh
fi
say "done"
