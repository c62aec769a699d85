"""The small SAE and activations that every library's metrics are run on, from a seed.

Three batches of four prompts of eight tokens. Token 0 is special: the libraries that know masks leave it out, the others get
the batches without it, 32, 29 and 26 tokens long. Activations have a common mean. Latents may be negative, so that f > 0 and
f != 0 differ, and Σ f and Σ |f|. Latents and reconstructions are float64 arithmetic rounded to float32: a library run on
them in float64 sees the same numbers as one run in float32.
"""

import numpy as np

SEED = 20250311
D_IN, D_SAE, BATCHES, PROMPTS, TOKENS = 12, 24, 3, 4, 8
SPECIAL = 0
SPECIAL_IN_BATCH = (0, 3, 6)
THRESHOLD = 0.55


class Data:
    def __init__(self) -> None:
        rng = np.random.default_rng(SEED)
        n_rows = BATCHES * PROMPTS * TOKENS
        directions = unit(rng.standard_normal((D_SAE, D_IN)))
        code = rng.uniform(0.5, 2, (n_rows, D_SAE)) * (rng.uniform(size=(n_rows, D_SAE)) < 0.1)
        mean = 3 * unit(rng.standard_normal((1, D_IN)))
        self.x = (code @ directions + mean + 0.1 * rng.standard_normal((n_rows, D_IN))).astype(np.float32)
        self.decoder = (directions * rng.uniform(0.8, 1.2, (D_SAE, 1))).astype(np.float32)
        self.encoder = (0.7 * directions + 0.05 * rng.standard_normal((D_SAE, D_IN))).astype(np.float32)
        self.encoder_bias = (0.1 * rng.standard_normal(D_SAE)).astype(np.float32)
        # One latent that never fires.
        self.encoder_bias[5] = 0
        self.encoder[5] *= np.float32(0.01)
        self.decoder_bias = (mean[0] + 0.1 * rng.standard_normal(D_IN)).astype(np.float32)
        self.tokens = rng.integers(1, 100, (BATCHES, PROMPTS * TOKENS)).astype(np.int32)
        for batch, n_special in enumerate(SPECIAL_IN_BATCH):
            self.tokens[batch, rng.choice(PROMPTS * TOKENS, n_special, replace=False)] = SPECIAL
        self.latents = self.encode(self.x)
        self.x_hat = self.decode(self.latents)

    def encode(self, x: np.ndarray) -> np.ndarray:
        before = (x.astype(np.float64) - self.decoder_bias) @ self.encoder.T.astype(np.float64) + self.encoder_bias
        return np.where(np.abs(before) > THRESHOLD, before, 0).astype(np.float32)

    def decode(self, latents: np.ndarray) -> np.ndarray:
        return (latents.astype(np.float64) @ self.decoder.astype(np.float64) + self.decoder_bias).astype(np.float32)

    def batch(self, array: np.ndarray, index: int) -> np.ndarray:
        """rows of one batch without special tokens"""
        rows = array.reshape(BATCHES, PROMPTS * TOKENS, -1)[index]
        return rows[self.tokens[index] != SPECIAL]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
