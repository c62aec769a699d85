"""Writes fixtures/parquet/activations.parquet with pyarrow, and expected.json with what it holds.

    python -m venv .venv && .venv/bin/pip install pyarrow==26.0.1 numpy==2.2.6
    .venv/bin/python tools/golden/make_parquet_fixture.py

Three row groups of 4, 4 and 3 rows, zstd. Version and seed are in expected.json; its float32 values are exact in JSON's
decimal form.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20240610
FOLDER = Path(__file__).parents[2] / "fixtures/parquet"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(SEED).standard_normal((11, 5))
    ids = np.arange(11) * 1000 + 7
    positions = np.arange(11) % 4
    table = pa.table(
        {
            "float32": pa.array(list(x.astype(np.float32)), pa.list_(pa.float32())),
            "float64": pa.array(list(x), pa.list_(pa.float64())),
            "float16": pa.array(list(x.astype(np.float16)), pa.list_(pa.float16())),
            "fixed": pa.FixedSizeListArray.from_arrays(pa.array(x.astype(np.float32).ravel()), 5),
            "int64": pa.array(ids, pa.int64()),
            "uint8": pa.array(positions, pa.uint8()),
            "text": pa.array([str(i) for i in ids]),
            "integers": pa.array([[1, 2]] * 11, pa.list_(pa.int32())),
        }
    )
    pq.write_table(table, FOLDER / "activations.parquet", row_group_size=4, compression="zstd")
    expected = {
        "madeBy": {
            "library": f"pyarrow {pa.__version__}, numpy {np.__version__}",
            "script": "tools/golden/make_parquet_fixture.py",
            "seed": SEED,
        },
        "float32": [float(value) for value in x.astype(np.float32).ravel()],
        "float16": [float(value) for value in x.astype(np.float16).ravel()],
        "int64": ids.tolist(),
        "uint8": positions.tolist(),
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
