"""Writes fixtures/parquet/*.parquet with pyarrow.

    python -m venv .venv && .venv/bin/pip install numpy==2.4.6 pyarrow==26.0.1
    .venv/bin/python tools/golden/make_parquet_fixtures.py

Values follow from their row, so that tests can say what must be there: row i of a list column holds
(i * width + j) / 8 at place j, which every float type holds exactly.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parents[2] / "fixtures/parquet"
N_ROWS, WIDTH = 11, 3


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = [f"text {i % 7} é 日本 👍" for i in range(20)]
    pq.write_table(pa.table({"text": texts}), FOLDER / "texts.parquet", row_group_size=8, compression="zstd")
    values = np.arange(N_ROWS * WIDTH).reshape(N_ROWS, WIDTH) / 8
    columns = {
        "float32": pa.array(list(values.astype(np.float32)), pa.list_(pa.float32())),
        "float64": pa.array(list(values), pa.list_(pa.float64())),
        "float16": pa.array(list(values.astype(np.float16)), pa.list_(pa.float16())),
        "fixed": pa.FixedSizeListArray.from_arrays(pa.array(values.astype(np.float32).ravel()), WIDTH),
        "token": pa.array(range(100, 100 + N_ROWS), pa.int64()),
        "position": pa.array([i % 4 for i in range(N_ROWS)], pa.int32()),
    }
    pq.write_table(pa.table(columns), FOLDER / "rows.parquet", row_group_size=4, compression="snappy")


main()
