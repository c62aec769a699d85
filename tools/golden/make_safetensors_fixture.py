"""Writes fixtures/safetensors/reference.safetensors with the reference library.

    python -m venv .venv && .venv/bin/pip install safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.6.0
    .venv/bin/python tools/golden/make_safetensors_fixture.py [target]

Every dtype that @plumbline/safetensors knows, a scalar, an empty tensor, names and metadata that need escaping and whose
UTF-8 order differs from their UTF-16 order. The "... as f32" tensors are the narrow ones widened by NumPy and ml_dtypes.
Library, versions and seed are in the file's own metadata. With "--read FILE" it prints what the library reads from FILE.
"""

import json
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import safetensors
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

SEED = 20240607


def tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(SEED)
    normal = rng.standard_normal((3, 5))
    made = {
        "f64": normal,
        "f32": normal.astype(np.float32),
        "f16": normal.astype(np.float16),
        "bf16": normal.astype(ml_dtypes.bfloat16),
        "bool": rng.integers(0, 2, 5).astype(np.bool_),
        "scalar": np.array(0.1, np.float32),
        "empty": np.zeros((0, 4), np.float32),
        'escapes "\\/ \b\f\n\r\t\x07\x1f\x7f é': np.arange(3, dtype=np.uint8),
        "\ufb01 below the next in UTF-8": np.arange(2, dtype=np.uint8),
        "\U0001f600 above the last in UTF-8": np.arange(1, dtype=np.uint8),
    }
    for bits in (8, 16, 32, 64):
        made[f"i{bits}"] = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (2, 3), dtype=f"int{bits}")
        made[f"u{bits}"] = rng.integers(0, 2**bits, (2, 3), dtype=f"uint{bits}")
    made["f16 as f32"] = made["f16"].astype(np.float32)
    made["bf16 as f32"] = made["bf16"].astype(np.float32)
    made["f64 as f32"] = made["f64"].astype(np.float32)
    return made


def main() -> None:
    if sys.argv[1:2] == ["--read"]:
        with safe_open(sys.argv[2], "numpy") as file:
            print(json.dumps(file.metadata(), sort_keys=True, ensure_ascii=False))
        for name, array in sorted(load_file(sys.argv[2]).items()):
            print(json.dumps(name, ensure_ascii=False), array.dtype, array.shape, array.tolist())
        return
    default = Path(__file__).parents[2] / "fixtures/safetensors/reference.safetensors"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    made_by = {
        "library": f"safetensors {safetensors.__version__}, numpy {np.__version__}, ml_dtypes {ml_dtypes.__version__}",
        "script": "tools/golden/make_safetensors_fixture.py",
        "seed": SEED,
        'é "quoted"': "tab\t, bell\a, delete\x7f, slash/",
    }
    # One key only: the library writes several in an order that changes from run to run.
    save_file(tensors(), target, metadata={'made "by"': json.dumps(made_by, ensure_ascii=False)})
    target.chmod(0o644)


main()
