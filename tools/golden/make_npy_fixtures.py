"""Writes fixtures/npy/*.npy with NumPy, and fixtures/npy/expected.json with what they hold.

    python -m venv .venv && .venv/bin/pip install numpy==2.4.6
    .venv/bin/python tools/golden/make_npy_fixtures.py

Library, version and seed are in expected.json; its float32 values are exact in JSON's decimal form.
"""

import json
from pathlib import Path

import numpy as np

SEED = 20240608
FOLDER = Path(__file__).parents[2] / "fixtures/npy"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    normal = np.random.default_rng(SEED).standard_normal((3, 4))
    readable = {
        "float32": (normal.astype(np.float32), (1, 0)),
        "float64": (normal, (1, 0)),
        "float16": (normal.astype(np.float16), (1, 0)),
        "version-2": (normal.astype(np.float32), (2, 0)),
        "version-3": (normal.astype(np.float32), (3, 0)),
        "rank-3": (normal.astype(np.float32).reshape(2, 2, 3), (1, 0)),
    }
    refused = {
        "fortran-order": np.asfortranarray(normal.astype(np.float32)),
        "int64": np.arange(12).reshape(3, 4),
        "big-endian": normal.astype(">f4"),
        "complex": normal.astype(np.complex64),
        "records": np.zeros((3, 4), dtype=[("a", "<f4"), ("b", "<i4")]),
        "rank-1": normal.astype(np.float32)[0],
        "rank-0": np.array(1.5, np.float32),
        "no-rows": np.zeros((0, 4), np.float32),
    }
    expected = {
        "madeBy": {
            "library": f"numpy {np.__version__}",
            "script": "tools/golden/make_npy_fixtures.py",
            "seed": SEED,
        },
        "arrays": {},
    }
    for name, (array, version) in readable.items():
        with open(FOLDER / f"{name}.npy", "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        values = [float(value) for value in array.astype(np.float32).ravel()]
        expected["arrays"][name] = {"shape": list(array.shape), "values": values}
    for name, array in refused.items():
        np.save(FOLDER / f"{name}.npy", array)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
