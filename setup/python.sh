# Finds a Python 3.11 to 3.13 that can make virtual environments: `python=$(find_python)`. Sourced.

is_wanted_version() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Debian ships Python without ensurepip; its package python3-venv brings it.
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

first_python() {
    for name in python3.11 python3.12 python3.13 python3; do
        path=$(command -v "$name") || continue
        if is_wanted_version "$path" && "$@" "$path"; then
            echo "$path"
            return 0
        fi
    done
    return 1
}

find_python() {
    first_python makes_venvs && return 0

    if may_install; then
        say "installing Debian's python3 and python3-venv"
        debian_install python3 python3-venv || true
        if without_venv=$(first_python true) && ! makes_venvs "$without_venv"; then
            debian_install "$(basename "$(readlink -f "$without_venv")")-venv" || true
        fi
        first_python makes_venvs && return 0
    fi

    if without_venv=$(first_python true); then
        fail "$without_venv cannot make virtual environments. On Debian or Ubuntu run" \
            "'sudo apt-get install python3-venv', then set up again."
    fi
    fail "no Python 3.11, 3.12 or 3.13 on PATH. Install one (Debian 12+, Ubuntu 24.04+:" \
        "'sudo apt-get install python3 python3-venv'), then set up again."
}
