# make run: the pipeline with its default configuration, or with those that CONFIG="mine.yaml …" names on top of it;
# CLAIM="A1 B4" makes these claims alone.
# make check: what is wrong with these configurations, if anything. make test: every test this machine can run.
# make claim NAME=my_claim TOPIC=sgd: the files of a new claim, see CONTRIBUTING.md.
# make benchmark: our own code against the plain way to do the same, each with a ratio; a few minutes on a quiet machine.
# Each makes .venv from the lock first if it is missing or older than the lock.
PYTHON ?= python3
CORES ?= all
CONFIG ?=
CLAIM ?=
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
OWN_UV = $(filter .uv/bin/uv,$(UV))
BIN = .venv/bin
# tests of whole runs are one half of all, but for these: they share no finished run with others, and the halves are even
ALONE = $(wildcard $(patsubst %,tests/workflow/test_%.py,bad_input interruption never_stale times_and_damage))
RUNS = $(filter-out $(ALONE),$(wildcard tests/workflow/test_*.py)) tests/slurm tests/browser
# a user's own settings of Python could keep Snakemake itself from starting; it clears them for its jobs anyway
unexport PYTHONPATH PYTHONHOME PYTHONOPTIMIZE PYTHONWARNINGS PYTHONSAFEPATH

.PHONY: run check test test-runs test-modules lint claim benchmark lock clean
.DEFAULT_GOAL := run

# checked first, as Snakemake says little where it can't read a configuration
run: check
	$(BIN)/snakemake --cores $(CORES) --rerun-incomplete$(if $(CLAIM), $(CLAIM))$(if $(CONFIG), --configfile $(CONFIG))

check: .venv/.locked
	$(BIN)/python workflow/run/check.py $(CONFIG)

# two halves beside each other, of about the same length: whole runs that share finished ones, and all else
test: .venv/.locked-test lint
	$(MAKE) --no-print-directory --keep-going --jobs 2 test-runs test-modules

# one thread, as the pipeline's jobs have: several on small matrices wait for each other. Each half makes its files in a
# folder of its own, as two at once would clear each other's, and keeps them if a test fails
define tests
folder=$$(mktemp -d); OMP_NUM_THREADS=1 $(BIN)/pytest --durations=15 --basetemp="$$folder/made" $(1) || \
	{ echo "What these tests have made is kept in $$folder"; exit 1; }; rm -rf "$$folder"
endef

test-runs: .venv/.locked-test
	$(call tests,$(RUNS))

test-modules: .venv/.locked-test
	$(call tests,tests $(RUNS:%=--ignore=%))

lint: .venv/.locked-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

# what is not given is empty, or what the shell has by that name, and is refused if it can't be meant
claim: .venv/.locked
	@$(BIN)/python workflow/new_claim.py --name="$$NAME" --topic="$$TOPIC" --experiment="$$EXPERIMENT" --id="$$ID"

benchmark: .venv/.locked-test
	for program in tests/benchmarks/*.py; do OMP_NUM_THREADS=1 $(BIN)/python $$program || exit 1; done

# the test environment holds everything that the pipeline needs, so it serves both
.venv/.locked: envs/requirements.txt | $(OWN_UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python ">=3.11" .venv
	@echo "Making the environment .venv from the lock: about 6 GB, a minute where the network is fast"
	test .venv/.locked-test -nt $< || $(UV) pip sync --compile-bytecode --python $(BIN)/python --require-hashes $<
	touch $@

.venv/.locked-test: envs/requirements-test.txt envs/requirements.txt | $(OWN_UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python ">=3.11" .venv
	@echo "Making the environment .venv from the lock, with the test tools: about 6 GB, a minute where the network is fast"
	$(UV) pip sync --compile-bytecode --python $(BIN)/python --require-hashes $<
	touch $@ .venv/.locked

# where uv is missing, pip installs it into a folder of its own: many systems refuse pip elsewhere
.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

lock: | $(OWN_UV)
	$(COMPILE) envs/requirements.in --output-file envs/requirements.txt
	$(COMPILE) --constraint envs/requirements.txt envs/requirements-test.in --output-file envs/requirements-test.txt
	$(PYTHON) envs/conda.py > envs/overparam.yaml

clean:
	rm -rf .venv .uv .pytest_cache .ruff_cache .mypy_cache
