# Makes .venv, or brings it up to date with requirements.lock. Sourced by setup.sh.
. setup/python.sh

export PIP_DISABLE_PIP_VERSION_CHECK=1

venv_is_usable() {
    grep -qsF "$root/.venv" .venv/bin/pip && is_wanted_version .venv/bin/python
}

if ! venv_is_usable; then
    python=$(find_python)
    say "making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
fi

say "installing the packages of requirements.lock (up to a minute)"
.venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
# Without build isolation: the build backend comes from the lock as well.
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
