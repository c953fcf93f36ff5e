# shellcheck shell=bash
# Sourced by run.sh and test.sh: makes .venv with the tested set of packages, once.
# Gives them: PROJECT_ROOT, VENV_PYTHON, SLICER_PYTHON, say, set_up_environment, set_up_slicer_environment,
# set_up_browser, livercad.

PROJECT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV_PYTHON="$PROJECT_ROOT/.venv/bin/python"
SLICER_PYTHON="$PROJECT_ROOT/.venv-slicer/bin/python"

say() {
    printf '\n== %s\n' "$*"
}

livercad() {
    "$VENV_PYTHON" -m livercad "$@"
}

is_python_311() {
    [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = 3.11 ]
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python; do
        if is_python_311 "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "Python 3.11 was not found: python3.11, python3 and python on the PATH are absent or of another version." >&2
    echo "Install Python 3.11, or name it:  PYTHON=/path/to/python3.11 $0" >&2
    return 1
}

# Hundreds of pip's lines become one that changes on a terminal, and the steps alone in a log.
show_pip_progress() {
    local line terminal="" collected=0
    [ -t 1 ] && terminal=yes
    while IFS= read -r line; do
        case "$line" in
            Collecting\ *)
                collected=$((collected + 1))
                [ -z "$terminal" ] || printf '\r\033[K  %d  %.60s' "$collected" "$line"
                ;;
            *Building\ *wheel*started | Installing\ collected*)
                printf '%s  %.60s …\n' "${terminal:+$'\r\033[K'}" "${line#"${line%%[! ]*}"}"
                ;;
        esac
    done
    [ -z "$terminal" ] || printf '\r\033[K'
}

pip_install() {
    # Builds in isolation hold to the constraints too; which of the two variables does it depends on pip's version.
    PIP_CONSTRAINT="$PROJECT_ROOT/constraints.txt" PIP_BUILD_CONSTRAINT="$PROJECT_ROOT/constraints.txt" \
        "$VENV_PYTHON" -m pip install --disable-pip-version-check --progress-bar off "$@" | show_pip_progress
}

# set_up_environment run|test: what the product needs, or that and what the tests need
set_up_environment() {
    local purpose="$1" wanted
    wanted="$(cat "$PROJECT_ROOT/setup.py" "$PROJECT_ROOT/constraints.txt" | cksum)"
    if is_python_311 "$VENV_PYTHON" && [ "$(cat "$PROJECT_ROOT/.venv/$purpose.stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    say "Installing into .venv (several GB, several minutes; only once)"
    if ! is_python_311 "$VENV_PYTHON" || ! "$VENV_PYTHON" -m pip --version >/dev/null 2>&1; then
        local python
        python="$(find_python)"
        "$python" -m venv --clear "$PROJECT_ROOT/.venv"
    fi
    pip_install setuptools torch torchvision
    # MONAI Label requires sam2, which needs torch to be built: in isolation it would fetch torch a second time.
    SAM2_BUILD_CUDA=0 pip_install --no-build-isolation --no-deps sam2
    if [ "$purpose" = test ]; then
        pip_install --editable "${PROJECT_ROOT}[test]"
        echo "$wanted" >"$PROJECT_ROOT/.venv/test.stamp"
    else
        pip_install --editable "$PROJECT_ROOT"
    fi
    echo "$wanted" >"$PROJECT_ROOT/.venv/run.stamp"
}

# What tests/slicer needs: Slicer's libraries want numpy 2, MONAI Label holds numpy 1.
set_up_slicer_environment() {
    local set="$PROJECT_ROOT/tests/slicer/constraints.txt" stamp="$PROJECT_ROOT/.venv-slicer/test.stamp"
    if is_python_311 "$SLICER_PYTHON" && cmp -s "$set" "$stamp"; then
        return
    fi
    say "Installing Slicer's libraries into .venv-slicer (1.5 GB; only once)"
    local python
    python="$(find_python)"
    "$python" -m venv --clear "$PROJECT_ROOT/.venv-slicer"
    "$SLICER_PYTHON" -m pip install --disable-pip-version-check --progress-bar off --requirement "$set" |
        show_pip_progress
    cp "$set" "$stamp"
}

# For the test that draws the server's page in a browser, which is skipped where none can be had.
set_up_browser() {
    local as_root=()
    if command -v chromium || command -v chromium-browser || command -v google-chrome; then
        return
    fi >/dev/null
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    say "Installing Chromium by apt-get (only once)"
    if ! { timeout 120 "${as_root[@]}" apt-get update &&
        timeout 300 "${as_root[@]}" apt-get install --yes --no-install-recommends chromium; } \
        </dev/null >/dev/null 2>&1; then
        echo "It could not be installed; the test that needs it will be skipped." >&2
    fi
}
