# Matinee. `make help` lists what there is.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
PORT ?= 5000
BIN = .venv/bin
FLASK = $(BIN)/flask --app app
ROOT_USER := $(filter 0,$(shell id -u))
# By another name, so that `make -n test` only prints.
BESIDE = $(MAKE) --no-print-directory
APT = DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq

.DEFAULT_GOAL := help
.PHONY: help run serve update test check torture bench lock tools messages example shots

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.run  ## a demo cinema on http://127.0.0.1:5000 (PORT changes it)
	@MODE=demo $(FLASK) db upgrade
	@MODE=demo PORT=$(PORT) $(FLASK) demo
	@MODE=demo PORT=$(PORT) exec $(BIN)/python app.py

serve: .venv/.run  ## production: no demo, no sandbox; settings from .env
	@MODE=production $(FLASK) db upgrade
	@MODE=production exec $(BIN)/python app.py

update: .venv/.run  ## backup, install, migrate, restart
	@MODE=$${MODE:-production} $(FLASK) backup
	@git pull --ff-only
	@$(MAKE) --no-print-directory .venv/.run
	@MODE=$${MODE:-production} $(FLASK) db upgrade
	@if systemctl is-active --quiet matinee 2>/dev/null && systemctl --no-ask-password restart matinee; \
	then echo "Updated and restarted."; else echo "Updated. Restart Matinee now, the way you start it."; fi

test: tools .venv/.dev  ## everything: checks, both engines, browser (under 10 minutes)
	@# Half of the time a test waits for something: twice as many at once as there are cores. The checks run
	@# beside them and are printed after them. A crowded machine can make a browser late: what failed is run
	@# once more, alone, and both runs are printed.
	@$(BESIDE) check >.venv/check.log 2>&1 & checking=$$!; \
	$(BIN)/pytest -n 4 --dist loadscope -m "not torture" --ignore tests/test_house_rules.py \
	|| { [ $$? -eq 1 ] && $(BIN)/pytest -m "not torture" --last-failed --last-failed-no-failures none; }; \
	tested=$$?; wait $$checking; checked=$$?; cat .venv/check.log; exit $$((tested || checked))

check: .venv/.dev  ## style, types, who may import what, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_house_rules.py

torture: tools .venv/.dev  ## storms, races and crashes at full size (about 80 minutes)
	$(BIN)/pytest -m torture --timeout=3600

bench: .venv/.dev  ## the benchmarks; writes bench/results.json
	$(BIN)/python -m bench

messages: .venv/.dev  ## bring the catalogues of visible words up to date
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output --project Matinee -o bookingapp/translations/messages.pot bookingapp
	$(BIN)/pybabel -q update -i bookingapp/translations/messages.pot -d bookingapp/translations --no-fuzzy-matching
	$(BIN)/pybabel -q compile -f -d bookingapp/translations

example: .venv/.run  ## write .env.example anew from the settings
	$(BIN)/python -c "from bookingapp.settings import env_example; print(env_example(), end='')" > .env.example

shots: tools .venv/.dev  ## screenshots of every page into docs/
	$(BIN)/python -m tests.shots

lock: .venv/.dev  ## pin requirements anew, with hashes
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile requirements.in -o requirements.txt --generate-hashes --universal --python-version 3.11 --no-header -q
	$(BIN)/uv pip compile requirements-dev.in -o requirements-dev.txt --generate-hashes --universal --python-version 3.11 --no-header -q

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Install it: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: requirements.txt .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# What the tests drive: a browser, a PostgreSQL, a Postfix with its login, a QR reader. As root they are
# installed; otherwise the line that installs them is printed and the tests stop.
tools:
	@missing=""; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	command -v zbarimg >/dev/null || missing="$$missing zbar-tools"; \
	{ command -v smtp-sink || test -x /usr/sbin/smtp-sink; } >/dev/null || missing="$$missing postfix"; \
	{ command -v saslpasswd2 || test -x /usr/sbin/saslpasswd2; } >/dev/null || missing="$$missing sasl2-bin"; \
	ls /usr/lib/*/sasl2/libplain.so* >/dev/null 2>&1 || missing="$$missing libsasl2-modules"; \
	{ command -v dovecot || test -x /usr/sbin/dovecot; } >/dev/null || missing="$$missing dovecot-imapd"; \
	test -z "$$missing" && exit 0; \
	if [ -n "$(ROOT_USER)" ]; then $(APT) update && $(APT) install -y --no-install-recommends $$missing >/dev/null; \
	else echo "The tests need these. Install them: sudo apt-get install$$missing"; exit 1; fi
