# Shared by the set-up scripts: speaking to the person, and Debian packages. Sourced, never run.

say() { printf 'set-up: %s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# True where system packages can be installed without asking: root on Debian, Ubuntu and their kin.
may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# debian_install PACKAGE...: install from the distribution. False when that is not possible.
debian_install() {
    if [ -z "${apt_updated:-}" ]; then
        apt-get update -qq || say "apt-get update failed; going on with the package lists at hand"
        apt_updated=yes
    fi
    log=$(mktemp)
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
        rm "$log"
    else
        cat "$log" >&2
        rm "$log"
        return 1
    fi
}
