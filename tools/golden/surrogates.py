"""The pseudo-gradients of JumpReLU thresholds in NumPy: the loss has no slope there, so the formulas are checked instead.

With the rectangle K(u) = 1 for -1/2 < u < 1/2, bandwidth e, and the gradient g that arrives at the latents:
the jump gives -(theta / e) K((z - theta) / e) g, the L0 step gives -(1 / e) K((z - theta) / e) g, summed over rows.
"""

import numpy as np

from cases import Case
from recompute import norms, pre_acts, weight


def kernel(values, threshold, bandwidth):
    return np.abs((values - threshold) / bandwidth) < 0.5


def threshold_gradient(case: Case, P, x, held) -> dict[str, np.ndarray]:
    return jumprelu_dl(case, P, x, held) if case.architecture == "jumprelu-dl" else jumprelu_sl(case, P, x, held)


def arriving(P, x, latents):
    return 2 / len(x) * (latents @ P["decoder"] + P["decoderBias"] - x) @ P["decoder"].T


def jumprelu_dl(case: Case, P, x, held):
    threshold, bandwidth, target = P["threshold"], case.settings["bandwidth"], case.settings["target_l0"]
    values = pre_acts(P, x, centred=False)
    latents = values * (values > threshold)
    l0 = (latents > threshold).sum(-1).mean()
    per_latent = weight(held) * 2 * (l0 / target - 1) / target / len(x)
    jump = -threshold / bandwidth * kernel(values, threshold, bandwidth) * arriving(P, x, latents)
    # The L0 reads the latents after the jump, not the pre-activations.
    step = -1 / bandwidth * kernel(latents, threshold, bandwidth) * per_latent
    return {"threshold": (jump + step).sum(axis=0)}


def jumprelu_sl(case: Case, P, x, held):
    threshold, bandwidth = np.exp(P["logThreshold"]), case.settings["jumprelu_bandwidth"]
    values, coefficient = pre_acts(P, x), held["sparsityCoefficient"] / len(x)
    latents, inside = values * (values > threshold), kernel(values, threshold, bandwidth)
    upstream, step = arriving(P, x, latents), 0.0
    if case.settings.get("jumprelu_sparsity_loss_mode") == "tanh":
        upstream = upstream + coefficient * 4.0 * norms(P) * (1 - np.tanh(4.0 * latents * norms(P)) ** 2)
    else:
        step = -1 / bandwidth * inside * coefficient
    gradient = (-threshold / bandwidth * inside * upstream + step).sum(axis=0)
    if "pre_act_loss_coefficient" in case.settings:
        dead = held["stepsSinceFired"] > case.trainer["dead_feature_window"]
        below = (values < threshold).mean(axis=0) * dead * norms(P)
        gradient = gradient + case.settings["pre_act_loss_coefficient"] * below
    # The parameter is the logarithm, and autograd goes through exp.
    return {"logThreshold": gradient * threshold}
