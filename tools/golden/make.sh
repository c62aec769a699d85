#!/usr/bin/env bash
# Makes fixtures/golden, fixtures/golden-metrics and fixtures/onnx again, from the reference libraries themselves.
# Usage: tools/golden/make.sh [part of a case name | metrics | onnx [part of a case name]]
# Without words it makes the first two. The environments are kept outside the repository: $GOLDEN_VENV and $GOLDEN_ONNX_VENV, or
# plumbline/golden-venv and plumbline/golden-onnx-venv in the user's cache folder.
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

# install <folder> <what> <requirements> [<requirements without their dependencies>]
install() {
  local venv="$1" what="$2" wanted pip
  shift 2
  wanted="$(cat "$@")"
  [[ "$(cat "$venv/installed.txt" 2>/dev/null || true)" == "$wanted" ]] && return
  echo "golden: installing $what into $venv" >&2
  "$python" -m venv "$venv" || skip "$python cannot make a virtual environment"
  pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
  "${pip[@]}" --requirement "$1" || skip "pip could not install the libraries (is there a network?)"
  if [[ $# -gt 1 ]]; then
    "${pip[@]}" --no-deps --requirement "$2" || skip "pip could not install the libraries (is there a network?)"
  fi
  echo "$wanted" > "$venv/installed.txt"
}

export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 TQDM_DISABLE=1 CUDA_VISIBLE_DEVICES=""
if [[ "${1:-}" == onnx ]]; then
  venv="${GOLDEN_ONNX_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/plumbline/golden-onnx-venv}"
  install "$venv" "the exporters" "$here/onnx_requirements.txt"
  exec "$venv/bin/python" "$here/make_onnx_fixtures.py" "${@:2}"
fi
install "$venv" "the reference libraries" "$here/requirements.txt" "$here/libraries.txt"
if [[ "${1:-}" != metrics ]]; then
  "$venv/bin/python" "$here/make_fixtures.py" "$@"
fi
if [[ $# -eq 0 || "$1" == metrics ]]; then
  "$venv/bin/python" "$here/make_metrics_fixtures.py"
fi
