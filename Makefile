# make demo, make test; `make help` lists the rest. Everything is installed into .venv, and only again when what it depends on changes; .venv-next holds the next Datasette, to test the desk with both.
PYTHON ?= python3
DB ?= annotations.db
TEACHERS = 1 2 3 4  # as many as training.toml says
VENV = .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed
NEXT = .venv-next
AXE = build/axe/node_modules/axe-core/axe.min.js

.PHONY: help demo test model names score gold docs screenshots clean
.SECONDARY:

help:  ## list these
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1|/' | column -t -s '|'

demo: $(INSTALLED)-datasette  ## annotate corpus/ and print who said what
	$(BIN)/annotate corpus/ --db $(DB)
	@echo; $(BIN)/annotate said $(DB)
	@echo; echo "An article with its quotes marked, how a quote was found, and everything in a browser:"
	@echo "  $(BIN)/annotate show putin-pyongyang --db $(DB)"
	@echo "  $(BIN)/annotate why 3 --db $(DB)"
	@echo "  $(BIN)/annotate serve $(DB) --open"

test: $(INSTALLED)-test $(NEXT)/.installed $(if $(shell command -v npm 2> /dev/null),$(AXE))  ## run the tests
	$(BIN)/python -m pytest

# Each step leaves a file in build/model, so that an interrupted run goes on; with -j2 two teachers are trained at once.
MADE = build/model
RECIPE = OMP_NUM_THREADS=1 $(BIN)/python -m annotator.recipe
model: given-DATA $(INSTALLED)-train $(MADE)/student/config.json  ## train annotator/data/model anew, which takes hours: make model DATA=directory
	$(RECIPE) finish "$(DATA)" $(MADE) --out annotator/data/model

$(MADE)/student/config.json: $(MADE)/silver.jsonl
	$(RECIPE) student "$(DATA)" $(MADE)

$(MADE)/silver.jsonl: $(TEACHERS:%=$(MADE)/teacher-%/config.json)
	$(RECIPE) silver "$(DATA)" $(MADE)

$(MADE)/teacher-%/config.json: $(MADE)/vectors.txt
	$(RECIPE) teacher-$* "$(DATA)" $(MADE)

$(MADE)/vectors.txt: | $(INSTALLED)-train
	$(RECIPE) vectors "$(DATA)" $(MADE)

names: given-DATA $(INSTALLED)-test  ## measure how well and how fast names are found: make names DATA=directory
	$(BIN)/python bench/ner.py "$(DATA)" --write

score: given-GOLD $(INSTALLED)-datasette  ## compare with gold quotes: make score GOLD=file.jsonl
	$(BIN)/annotate score "$(GOLD)"

gold: $(INSTALLED)-datasette  ## compare with the gold of corpus/
	mkdir -p build
	$(BIN)/python bench/gold.py > build/gold.jsonl
	$(BIN)/annotate score build/gold.jsonl

given-%:
	@test -n "$($*)" || { echo "Say where it is: make $(firstword $(MAKECMDGOALS)) $*=path"; exit 2; }

docs: $(INSTALLED)-test  ## print commands, schema and sample output anew into the README
	$(BIN)/python -m cogapp -I docs -r README.md docs/architecture.md

screenshots: $(INSTALLED)-test  ## make the pictures in docs/img anew
	$(BIN)/python bench/screenshots.py

clean:  ## remove the database, caches and builds; .venv and .venv-next stay
	rm -rf $(DB) $(DB)-wal $(DB)-shm build dist .pytest_cache
	find annotator bench tests -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED)-%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing into $(VENV): once, and some minutes (PyTorch is large)."
	$(BIN)/pip install --quiet --quiet --disable-pip-version-check --editable '.[$*]' --constraint constraints.txt
	@touch $@

$(NEXT)/.installed: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing the next Datasette into $(NEXT): once."
	@$(BIN)/python -m venv $(NEXT)
	@sed '/^datasette==/d' constraints.txt > $(NEXT)/constraints.txt
	@$(NEXT)/bin/pip install --quiet --quiet --disable-pip-version-check datasette==1.0a41 datasette-auth-passwords pygal \
		charset-normalizer click click-default-group pyyaml regex sqlite-utils --constraint $(NEXT)/constraints.txt
	@$(NEXT)/bin/pip install --quiet --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(AXE):
	-@npm install --silent --no-save --prefix build/axe axe-core@4

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
