"""Initial parameters: the library's own initialisation, then moved by seeded noise.

Fresh SAEs have zero biases and tied directions, under which a wrong sign or a missing bias changes nothing. So biases
become non-zero, the encoder is no longer the decoder, and free decoders get different norms. Constrained decoders keep
the norm that the library gave them.
"""

import numpy as np

from cases import Case
from data import D_IN, D_SAE


def moved(case: Case, fresh: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(10_000 + case.seed)
    values = {name: value.astype(np.float64) for name, value in fresh.items()}

    def noise(name: str, scale: float) -> np.ndarray:
        return scale * rng.standard_normal(values[name].shape)

    size = np.linalg.norm(values["encoder"], axis=1).mean()
    values["encoder"] += noise("encoder", 0.3 * size / np.sqrt(D_IN))
    for name, scale in (("decoderBias", 0.1), ("encoderBias", 0.05), ("gateBias", 0.05), ("magnitudeBias", 0.05),
                        ("magnitudeScale", 0.2), ("logThreshold", 0.3)):
        if name in values:
            values[name] += noise(name, scale)
    if "threshold" in values:
        values["threshold"] = rng.uniform(0.02, 0.3, values["threshold"].shape)
    if case.library == "sae-lens":
        values["decoder"] *= rng.uniform(0.7, 1.4, (len(values["decoder"]), 1))
        values["decoder"] += noise("decoder", 0.05 * size)
    first_silent = D_SAE - case.n_silent
    values["encoder"][first_silent - case.n_weak : first_silent] *= 0.05
    if case.n_silent > 0:
        values["encoderBias"][first_silent:] = -2.0
    return {name: value.astype(np.float32) for name, value in values.items()}
