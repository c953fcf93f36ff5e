#!/usr/bin/env bash
# Sets up .venv and passes the tests: style, types, and pytest with the check of the Slicer extension's CMake files.
# usage: scripts/test.sh [PYTEST ARGUMENTS]
set -euo pipefail

# shellcheck source=scripts/setup_environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup_environment.sh"

set_up_environment test
cd "$PROJECT_ROOT"

say "Pre-trained models"
livercad models install

say "Style"
"$VENV_PYTHON" -m ruff check .
"$VENV_PYTHON" -m ruff format --check .

say "Types"
"$VENV_PYTHON" -m mypy

say "Tests"
"$VENV_PYTHON" -m pytest "$@"
