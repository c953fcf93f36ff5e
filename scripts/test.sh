#!/usr/bin/env bash
# Sets up .venv and .venv-slicer and passes the tests: style, types, pytest, and the Slicer module's in their own
# environment. With arguments only the tests that they name run.
# usage: scripts/test.sh [PYTEST ARGUMENTS]
set -euo pipefail

# shellcheck source=scripts/setup_environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup_environment.sh"

set_up_environment test
cd "$PROJECT_ROOT"

log="$(mktemp)"
behind=""
trap 'kill "$behind" 2>/dev/null || true; rm -f "$log"' EXIT

# start_behind COMMAND …: beside what follows, one at a time; end_behind shows what it printed and returns its status
start_behind() {
    "$@" >"$log" 2>&1 &
    behind=$!
}

end_behind() {
    local status=0
    wait "$behind" || status=$?
    cat "$log"
    return "$status"
}

check_code() {
    say "Style"
    "$VENV_PYTHON" -m ruff check --no-cache . || return
    "$VENV_PYTHON" -m ruff format --no-cache --check . || return
    say "Types"
    "$VENV_PYTHON" -m mypy
}

run_slicer_tests() {
    say "Tests of the Slicer module"
    LIVERCAD_PYTHON="$VENV_PYTHON" "$SLICER_PYTHON" -m pytest -c tests/slicer/pytest.ini "$@"
}

run_beside() {
    local status=0
    run_slicer_tests tests/slicer || status=$?
    say "Tests that take long"
    "$VENV_PYTHON" -m pytest -m long || status=$?
    return "$status"
}

start_behind check_code
set_up_slicer_environment
set_up_browser
say "Pre-trained models"
livercad models install
end_behind

case " $*" in
    *" tests/slicer"*) run_slicer_tests "$@" ;;
    " ")
        # Beside each other: each waits for servers and processes half of the time. Networks of two processes that
        # take all cores wait for each other; each takes one.
        export OMP_NUM_THREADS=1
        start_behind run_beside
        status=0
        say "Tests"
        "$VENV_PYTHON" -m pytest -m "not long" || status=$?
        end_behind || status=$?
        exit "$status"
        ;;
    *)
        say "Tests"
        "$VENV_PYTHON" -m pytest "$@"
        ;;
esac
