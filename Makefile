# The few words to learn: make demo, make test, make real. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
DATA ?= ../shared/data
CORES ?= $(shell nproc 2>/dev/null || echo 2)
# One process per core; the slowest tests are listed at the end.
PYTEST := python -m pytest -n logical --maxprocesses 8 --durations 25
IN_VENV := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH"

.PHONY: help setup demo real human test lint format lock docs envs site rulegraph clean \
  test-all test-slow slurm-test gpu

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## make .venv from the locked requirements, find or install kallisto, bowtie, samtools
	@$(PYTHON) -m bootstrap setup

demo: ## run the whole pipeline on the embedded demo, to results/report.html
	@$(PYTHON) -m bootstrap demo --cores $(CORES)

real: ## run it on real reads of one chromosome, to results/chr22/report.html
	@$(PYTHON) -m bootstrap real --cores $(CORES)

human: ## run it on real genes of four human cell lines in DATA, to results/human/report.html
	@$(PYTHON) -m bootstrap setup
	@$(IN_VENV) python config/human/prepare.py $(DATA) resources/human
	@$(PYTHON) -m bootstrap human --cores $(CORES)

test: ## set up, lint, and run the quick tests on all cores (TESTS=tests/hichip: only those)
	@$(PYTHON) -m bootstrap setup-test
	@$(MAKE) --no-print-directory lint
	@$(IN_VENV) $(PYTEST) -m "not slow" --dist worksteal $(TESTS)

test-slow: ## only the slow tests: the demo, and a tiny run through every change and mishap
	@$(PYTHON) -m bootstrap setup-test
	@$(IN_VENV) $(PYTEST) -m slow --dist loadgroup $(TESTS)

test-all: test test-slow ## every test, the quick ones first

gpu: ## measure training of all folds at once on an NVIDIA GPU, to benchmarks/stacked_gpu.tsv (GPU_PYTHON=python3: installs nothing)
	@$(PYTHON) -m bootstrap gpu $(if $(GPU_PYTHON),--gpu-python "$(GPU_PYTHON)")
	@PYTHONPATH=. $(or $(GPU_PYTHON),.venv-gpu/bin/python) benchmarks/stacked.py --gpu \
	  --output benchmarks/stacked_gpu.tsv

slurm-test: ## only a tiny run and its mishaps through a real SLURM of one node (root on Debian)
	@$(PYTHON) -m bootstrap setup-slurm
	@$(IN_VENV) python -m pytest tests/slurm $(TESTS)

lint: ## ruff, mypy, snakefmt and Snakemake's own linter
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) mypy
	@$(IN_VENV) snakefmt --check Snakefile rules
	@$(IN_VENV) snakemake --lint --configfile config/demo/config.yaml

format: ## format Python and Snakemake files
	@$(IN_VENV) ruff check --fix --quiet .
	@$(IN_VENV) ruff format --quiet .
	@$(IN_VENV) snakefmt Snakefile rules

lock: ## pin requirements/*.txt again from requirements/*.in (needs uv)
	cd requirements && for name in installer pipeline test site; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	    $$name.in --output-file $$name.txt; done

docs: ## write config/README.md, config/schema.json from settings, numbers of docs/clusters.md from rates
	@$(IN_VENV) python -m deepexpr.config.documentation config
	@$(IN_VENV) PYTHONPATH=. python docs/clusters.py

envs: ## write envs/ and containers/ from what the rules call and the lock file
	@$(IN_VENV) PYTHONPATH=. python envs/render.py
	@$(IN_VENV) python containers/render.py

site: ## build the documentation to build/site/index.html (mkdocs-material in .venv-site)
	@test -x .venv-site/bin/mkdocs -a .venv-site/bin/mkdocs -nt requirements/site.txt || { \
	  $(PYTHON) -m venv .venv-site && .venv-site/bin/python -m pip install --quiet \
	    --disable-pip-version-check --require-hashes -r requirements/site.txt \
	    && touch .venv-site/bin/mkdocs; }
	@$(IN_VENV) python docs/site/pages.py build/docs
	@NO_MKDOCS_2_WARNING=true .venv-site/bin/mkdocs build --quiet --strict

rulegraph: ## draw docs/images/rulegraph.svg (needs Graphviz)
	@$(IN_VENV) snakemake --rulegraph --configfile config/demo/config.yaml 2>/dev/null \
	  | python docs/rulegraph.py | dot -Tsvg > docs/images/rulegraph.svg

clean: ## delete results of demo and real runs and the demo's reads
	rm -rf resources/demo resources/chr22 resources/human results/chr22 results/human results/human-outside results/report.html results/summary.* results/quality.* \
	  results/tables.* results/browser.* \
	  $(addprefix results/,baselines benchmarks evaluation expression features figures hichip logs \
	  loops models motifs reference versions)
