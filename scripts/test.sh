#!/usr/bin/env bash
# Sets up .venv and .venv-slicer and passes the tests: style, types, pytest, and the Slicer module's in their own
# environment. With arguments only the tests that they name run.
# usage: scripts/test.sh [PYTEST ARGUMENTS]
set -euo pipefail

# shellcheck source=scripts/setup_environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup_environment.sh"

set_up_environment test
cd "$PROJECT_ROOT"

behind=()
logs=()
trap 'kill "${behind[@]}" 2>/dev/null || true; rm -f "${logs[@]}"' EXIT

# start_behind COMMAND …: beside what follows; end_behind waits for all, shows what they printed, and fails where one
# has failed
start_behind() {
    logs+=("$(mktemp)")
    "$@" >"${logs[-1]}" 2>&1 &
    behind+=($!)
}

end_behind() {
    local status=0 n
    for n in "${!behind[@]}"; do
        wait "${behind[n]}" || status=$?
        cat "${logs[n]}"
        rm -f "${logs[n]}"
    done
    behind=()
    logs=()
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

run_marked() {
    say "$2"
    "$VENV_PYTHON" -m pytest -m "$1"
}

run_slicer_and_whole_ct() {
    local status=0
    run_slicer_tests tests/slicer || status=$?
    run_marked whole_ct "Tests on whole CT" || status=$?
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
        # Beside each other: each waits for servers and processes much of the time. Networks of two processes that take
        # all cores wait for each other; each takes one.
        export OMP_NUM_THREADS=1
        start_behind run_slicer_and_whole_ct
        start_behind run_marked trainings "Tests that train on a server"
        status=0
        run_marked "not trainings and not whole_ct" "Tests" || status=$?
        end_behind || status=$?
        exit "$status"
        ;;
    *)
        say "Tests"
        "$VENV_PYTHON" -m pytest "$@"
        ;;
esac
