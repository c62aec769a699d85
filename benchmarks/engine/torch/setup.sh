#!/usr/bin/env bash
# Makes the Python environment of the PyTorch side of the engine benchmark. Usage: setup.sh [folder]
# The folder is benchmarks/.venv where none is given. $PYTHON picks the interpreter (3.10 to 3.12); $TORCH, say
# TORCH=2.9.1, takes another release of torch than the pinned one. The pins are those of tools/golden.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
pins="$root/tools/golden"
python="${PYTHON:-python3}"
venv="${1:-$root/benchmarks/.venv}"

fail() {
  echo "setup: $1" >&2
  exit 1
}

command -v "$python" >/dev/null || fail "no $python on this machine (Python 3.10 to 3.12 is needed)"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
  || fail "$("$python" --version) has no wheel of the pinned torch (Python 3.10 to 3.12 is needed)"

requirements="$(cat "$pins/requirements.txt")"
if [[ -n "${TORCH:-}" ]]; then
  requirements="$(sed "s/^torch==.*/torch==$TORCH/" <<<"$requirements")"
fi
wanted="$requirements"$'\n'"$(cat "$pins/libraries.txt")"

if [[ "$(cat "$venv/installed.txt" 2>/dev/null || true)" == "$wanted" ]]; then
  echo "setup: $venv is up to date" >&2
  exit 0
fi
echo "setup: installing into $venv; torch may bring CUDA libraries along, 2.6 GB that are not used" >&2
"$python" -m venv "$venv"
echo '*' > "$venv/.gitignore" # the environment ignores itself, wherever it is put
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" --requirement <(echo "$requirements")
"${pip[@]}" --no-deps --requirement "$pins/libraries.txt" # without what they need for language models and plots
echo "$wanted" > "$venv/installed.txt"
