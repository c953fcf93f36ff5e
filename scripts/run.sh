#!/usr/bin/env bash
# From nothing to results and a running server, with one command. Run again, it skips what is done.
set -euo pipefail

# shellcheck source=scripts/setup_environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup_environment.sh"

HOST=127.0.0.1
PORT=8000

usage() {
    cat <<'END'
usage: scripts/run.sh [STUDIES] [--output OUT] [--no-serve]

  STUDIES       folder of CT studies (docs/data.md); without it, demonstration studies are made in demo/studies
  --output OUT  where results go (default: STUDIES-results beside STUDIES; demo/results for the demonstration)
  --no-serve    end after the analysis, with its exit status, instead of starting the server on 127.0.0.1:8000
END
}

fail_usage() {
    usage >&2
    exit 2
}

studies="" output="" serve=yes
while [ $# -gt 0 ]; do
    case "$1" in
        --output)
            output="${2:-}"
            shift $(($# > 1))
            [ -n "$output" ] || fail_usage
            ;;
        --output=*) output="${1#--output=}" ;;
        --no-serve) serve="" ;;
        -h | --help)
            usage
            exit
            ;;
        -*) fail_usage ;;
        *)
            [ -z "$studies" ] || fail_usage
            studies="${1%/}"
            ;;
    esac
    shift
done
if [ -n "$studies" ] && [ ! -d "$studies" ]; then
    echo "$studies: found no such folder; expected a folder of CT studies. Name one, or none for the demonstration." >&2
    exit 2
fi

set_up_environment run

say "Pre-trained models"
livercad models install

if [ -z "$studies" ]; then
    studies="$PROJECT_ROOT/demo/studies"
    output="${output:-$PROJECT_ROOT/demo/results}"
    if [ ! -f "$PROJECT_ROOT/demo/truth/lesions.csv" ]; then
        say "Demonstration studies"
        livercad phantom ct "$PROJECT_ROOT/demo" -n 3 --phases all
    fi
fi
output="${output:-$studies-results}"

say "Analysis of $studies"
status=0
livercad analyze "$studies" --output "$output" || status=$?
# 1: some case failed and is written down. Anything else ended the batch itself.
[ "$status" -le 1 ] || exit "$status"
if [ -z "$serve" ]; then
    exit "$status"
fi

say "Server"
cat <<END
Results are in $output
Open $output/index.html
In 3D Slicer's module LiverCAD (or MONAI Label) connect to http://$HOST:$PORT (Ctrl-C here ends the server)
END
exec "$VENV_PYTHON" -m livercad serve "$studies" --host "$HOST" --port "$PORT"
