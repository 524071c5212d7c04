# `make` explains itself; every target sets up first what it needs, on Debian 12 or newer.

# The Python that makes the virtual environment; all else runs in it.
PYTHON ?= python3
py := .venv/bin/python
bin := .venv/bin
# What was said behind `make chaos` or `make soak`.
chaos_options = $(foreach name,GATE JOBS SEED WORKERS RENDERS MINUTES MUTATE CHAOS_DOCS,$(if $($(name)),$(name)=$($(name))))

# Targets exit with 0 when all is met, 1 when a goal was missed, 2 when they could not run. By itself
# make turns every failure into 2; in question mode it passes a 1 on, and runs the lines marked "+"
# only. So each line begins with $(do) - a forgotten one does not run, and its target exits with 1.
# `make -n` must stay without both.
ifeq (,$(findstring n,$(firstword -$(MAKEFLAGS))))
MAKEFLAGS += --question
do := +@env --unset=MAKEFLAGS --unset=MFLAGS --unset=MAKELEVEL
endif
.NOTPARALLEL:
.PHONY: help setup demo run test test-long bench load profile chaos soak lint check release-check images simulate gallery goldens openapi clean
.DEFAULT_GOAL := help

help: ## show this list
	$(do) awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## system packages, .venv and npm packages, where missing or changed
	$(do) sh -c 'command -v "$$0" >/dev/null || \
		{ echo "$$0 is missing: install Python 3.11 or newer (on Debian: apt-get install python3)." >&2; exit 2; }' $(PYTHON)
	$(do) $(PYTHON) -m deploy.local.setup

demo: setup ## one poster through the whole service, into build/demo/
	$(do) $(py) -m deploy.local.demo

# setpriv: whatever kills make, the stack is stopped in order.
run: setup ## the whole service in the foreground, on PORT (8000); Ctrl-C stops it
	$(do) setpriv --pdeathsig TERM -- $(py) -m deploy.local.run

# Each process has browsers of its own: more than four would only wait for one another.
pytest := $(py) -m pytest --numprocesses auto --maxprocesses 4

test: setup ## all tests but the long ones, in ten minutes; ARGS="-k word" for some of all
	$(do) $(pytest) $(or $(ARGS),-m "not long")

test-long: setup ## the long tests: whole programs are killed, stopped, restarted, and loaded
	$(do) $(pytest) -m long

bench: setup ## speed, CPU and memory against two others, into build/bench/; BENCH_RUNS=1: a short run
	$(do) $(py) -m tests.bench

# setpriv: whatever kills make, nothing of the service under load is left.
load: setup ## 120 callers at once (Locust), five criteria judged, into build/load/; LOAD_MINUTES=1: a short run
	$(do) setpriv --pdeathsig TERM -- $(py) -m tests.load

# setpriv: whatever kills make, nothing of a stack under fire is left.
chaos: setup ## the gates under fire, into build/chaos/; GATE=K1 JOBS=1000 SEED=7: one of them
	$(do) env $(chaos_options) setpriv --pdeathsig TERM -- $(py) -m tests.chaos

soak: setup ## RENDERS=2000 or MINUTES=120 of drawing: memory, processes, speed, and a plot
	$(do) env $(chaos_options) GATE=K11 setpriv --pdeathsig TERM -- $(py) -m tests.chaos

profile: setup ## where the CPU time of a warm poster goes, into build/profile/
	$(do) $(py) -m tests.bench.profile

lint: setup ## formatting, types, layers, JavaScript, dependencies
	$(do) $(bin)/ruff check
	$(do) $(bin)/ruff format --check
	$(do) $(bin)/mypy
	$(do) $(bin)/lint-imports
	$(do) npm run --silent check --prefix static_renderer
	$(do) $(py) -m deploy.local.check_dependencies

check: lint demo test test-long ## all of these: what CI runs

release-check: setup ## one version everywhere, told in the changelog, everything committed
	$(do) $(py) -m deploy.local.release_check

images: setup ## the images' roots without a container engine (debootstrap, runc, root), and try each
	$(do) $(py) -m deploy.container.try_images

simulate: setup ## autoscaling and cost from measured seconds, into build/simulation/
	$(do) $(py) -m deploy.simulation

gallery: setup ## contact sheets of all styles and palettes, into build/gallery/
	$(do) $(py) -m deploy.local.gallery

goldens: setup ## draw the pictures that tests compare with anew; look at them before committing
	$(do) $(py) -m tests.visual.drawing $(ARGS)

openapi: setup ## the API's description, into build/openapi.json
	$(do) mkdir -p build
	$(do) $(bin)/flask --app webapi openapi write build/openapi.json

clean: ## remove what was built and cached; .venv and var/ stay
	$(do) rm -rf build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
