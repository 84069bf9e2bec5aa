# Two commands do it all: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KPI_HOME ?= $(CURDIR)/var
export KPI_HOME
# No telemetry leaves this machine.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
DEMO_INBOX := $(KPI_HOME)/inbox
INBOX ?=

.PHONY: help setup remote run demo test sshd test-fast fuzz bench check format lock dagster clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "kpi-mart needs Python 3.11 or newer; say which: make PYTHON=python3.11 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/bootstrap.txt
	@touch $@

# One stamp for each environment: nothing is installed again while its lock file is unchanged.
$(VENV)/.run-installed: $(BIN)/uv requirements/run.txt pyproject.toml
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed requirements/test.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/test.txt
	@touch $@

setup: $(VENV)/.run-installed ## install what a run needs

$(VENV)/.remote-installed: $(VENV)/.run-installed requirements/remote.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/remote.txt
	@touch $@

remote: $(VENV)/.remote-installed ## install what an inbox on s3:// or sftp:// needs

ifeq ($(strip $(INBOX)),)
run: setup ## the main job on the example company, or on your exports: make run INBOX=dir
	@[ -e "$(KPI_HOME)/truth.json" ] || $(BIN)/kpi demo "$(DEMO_INBOX)"
	@$(BIN)/kpi run --inbox "$(DEMO_INBOX)"
else
# A folder's name is made absolute; a URL is left as it is, and needs more libraries.
run: $(if $(findstring ://,$(INBOX)),remote,setup)
	@KPI_HOME="$${KPI_OWN_HOME:-$(CURDIR)/var/own}" $(BIN)/kpi run \
	    --inbox "$(if $(findstring ://,$(INBOX)),$(INBOX),$(abspath $(INBOX)))"
endif

demo: setup ## write the example company's exports anew
	$(BIN)/kpi demo "$(DEMO_INBOX)"

# The tests of inboxes on sftp:// ask a real server; where there is none, they say so and are skipped.
sshd:
	@PATH="$$PATH:/usr/sbin"; command -v sshd >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "No sshd: installing openssh-server with apt-get, for the tests of sftp:// (with systemd, the package also starts it)."; \
	    apt-get install -qq -y openssh-server >/dev/null || echo "That failed: the tests of sftp:// will be skipped."; \
	else echo "No sshd here: the tests of sftp:// will be skipped. Install openssh-server to run them."; fi

test: $(VENV)/.test-installed sshd ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-fast: $(VENV)/.test-installed ## the tests that take seconds
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" tests/unit

fuzz: $(VENV)/.test-installed ## 10,000 broken exports and thousands of histories, for the night
	KPI_FUZZ=nightly $(BIN)/python -m pytest -n 2 -s tests/reliability/test_mutated_exports.py \
	    tests/reliability/test_any_order_same_state.py tests/integration/test_continued_candidate.py

BENCH ?=
bench: setup ## measure ours beside other ways; more: make bench BENCH="--rows 10000000 --files 10000"
	$(BIN)/python -m benchmarks $(BENCH)

check: $(VENV)/.test-installed ## format, lint, types, SQL style, definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint -q dbt_project/models dbt_project/tests
	KPI_HOME=$(CURDIR)/var/of-no-run $(BIN)/kpi lint

format: $(VENV)/.test-installed ## put code into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(BIN)/uv ## renew the hash-locked requirements
	for name in bootstrap run remote test; do \
	    $(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
	        --python-version 3.11 $$(case $$name in remote) echo -c requirements/run.txt;; test) echo -c requirements/run.txt -c requirements/remote.txt;; esac) \
	        requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

dagster: setup ## open the pipeline in Dagster, at http://127.0.0.1:3000
	mkdir -p $(KPI_HOME)/dagster && cp -f dagster.yaml $(KPI_HOME)/dagster/dagster.yaml
	DAGSTER_HOME=$(KPI_HOME)/dagster $(BIN)/dagster dev -w workspace.yaml

clean: ## remove what was made here, but not your exports
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dbt_project/target
