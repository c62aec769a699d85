#!/usr/bin/env bash
# Makes fixtures/golden and fixtures/golden-metrics again, from the reference libraries themselves.
# Usage: tools/golden/make.sh [part of a case name | metrics]
# The environment is kept outside the repository: $GOLDEN_VENV, or plumbline/golden-venv in the user's cache folder.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="${PYTHON:-python3}"
venv="${GOLDEN_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/plumbline/golden-venv}"

skip() {
  echo "golden: skipped, $1. The fixtures are left as they are." >&2
  exit 0
}

command -v "$python" >/dev/null || skip "no $python on this machine (Python 3.10 to 3.12 is needed)"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
  || skip "$("$python" --version) has no wheel of the pinned torch (Python 3.10 to 3.12 is needed)"

wanted="$(cat "$here/requirements.txt" "$here/libraries.txt")"
if [[ "$(cat "$venv/installed.txt" 2>/dev/null || true)" != "$wanted" ]]; then
  echo "golden: installing the reference libraries into $venv" >&2
  "$python" -m venv "$venv" || skip "$python cannot make a virtual environment"
  pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
  "${pip[@]}" --requirement "$here/requirements.txt" \
    && "${pip[@]}" --no-deps --requirement "$here/libraries.txt" \
    || skip "pip could not install the libraries (is there a network?)"
  echo "$wanted" > "$venv/installed.txt"
fi

export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 TQDM_DISABLE=1 CUDA_VISIBLE_DEVICES=""
if [[ "${1:-}" != metrics ]]; then
  "$venv/bin/python" "$here/make_fixtures.py" "$@"
fi
if [[ $# -eq 0 || "$1" == metrics ]]; then
  "$venv/bin/python" "$here/make_metrics_fixtures.py"
fi
