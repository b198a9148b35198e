# Taxlink: `make demo` shows it working, `make test` proves it.
BIN := .venv/bin

.PHONY: setup demo console codes test certify lint security types bench pictures lock clean help
.DEFAULT_GOAL := help

setup:  ## install everything into .venv and find a Chromium (instant when done before)
	@sh setup/setup.sh

demo: setup  ## twelve loan applications through the sandbox (COMPANIES=<folder of real invoices>: ten real firms)
	$(BIN)/taxlink demo $(if $(COMPANIES),--companies $(COMPANIES))

console: setup codes  ## look around in what the last demo left
	TAXLINK_HOME=var/demo TAXLINK_ENDPOINTS=var/demo/endpoints.json $(BIN)/taxlink serve --no-scheduler

codes: setup  ## what the telephones of the last demo's users show now
	@$(BIN)/python -m demo.users var/demo

test: lint types security  ## lint, type check, security scan, then every test
	@sh setup/postgres.sh
	@sh setup/softhsm.sh
	$(BIN)/pytest -n 2 --dist loadfile

certify: setup  ## every promise of every route into every region, on the sandbox; writes var/certificate.html
	@mkdir -p var
	$(BIN)/taxlink certify --all --html var/certificate.html --json var/certificate.json

fuzz: setup  ## ten minutes of hostile files for each kind of file (KIND=csv SECONDS=60)
	@for kind in $(or $(KIND),xml ofd xlsx csv); do \
		$(BIN)/python -m tests.fuzz $$kind --seconds $(or $(SECONDS),600) || exit 1; \
	done

lint: setup  ## ruff, formatting, and the floors of the house
	$(BIN)/ruff check && $(BIN)/ruff format --check
	$(BIN)/python setup/floors.py

security: setup  ## bandit and a secret scan; what was reviewed stands in setup/security.toml
	@$(BIN)/python setup/security.py

types: setup  ## mypy --strict over every room
	$(BIN)/mypy

bench: setup  ## the same work done by peers and by us
	@sh setup/peers.sh
	$(BIN)/python -m bench

pictures: setup  ## take the README's pictures anew
	$(BIN)/python -m demo.pictures docs/pictures

lock:  ## resolve pyproject.toml anew into requirements.lock
	@sh setup/lock.sh

clean:  ## remove .venv, caches and builds
	rm -rf .venv .setup.lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## */\1\t/p' $(MAKEFILE_LIST) | expand -t 10
