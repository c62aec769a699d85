"""Sparse toy activations with a mean, from a seed."""

import numpy as np

D_IN, D_SAE, BATCH, INFERENCE_ROWS = 12, 40, 48, 32
TRUE_DIRECTIONS, ACTIVE = 20, 3


def toy_activations(seed: int, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """batches [n_steps, BATCH, D_IN] and inference rows [INFERENCE_ROWS, D_IN], float32.

    Each row is a sum of ACTIVE of TRUE_DIRECTIONS unit directions with magnitudes in 0.5..1.5, a mean of norm 1, and noise.
    """
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((TRUE_DIRECTIONS, D_IN))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    mean = rng.standard_normal(D_IN)
    mean /= np.linalg.norm(mean)
    n_rows = n_steps * BATCH + INFERENCE_ROWS
    code = np.zeros((n_rows, TRUE_DIRECTIONS))
    for row in code:
        row[rng.choice(TRUE_DIRECTIONS, ACTIVE, replace=False)] = rng.uniform(0.5, 1.5, ACTIVE)
    rows = (code @ directions + mean + 0.02 * rng.standard_normal((n_rows, D_IN))).astype(np.float32)
    return rows[: n_steps * BATCH].reshape(n_steps, BATCH, D_IN), rows[n_steps * BATCH :]
