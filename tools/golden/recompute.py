"""The loss of one step once more, in NumPy and float64, written from the formulas and not from the libraries' code.

It reads only what the fixture holds (names and layout in our convention), so a wrong name, transpose, weight or order in a
fixture shows as a loss, gradient or inference result that does not agree.

Each function takes the parameters P, a second copy Z of them that stands where a library detaches (so that finite
differences of P leave these alone), the batch x, and the step's scalars and buffers; it returns the weighted terms.
"""

import numpy as np

from cases import Case

Arrays = dict[str, np.ndarray]


def relu(x):
    return np.maximum(x, 0)


def squared(error):
    """Sum over dims, mean over rows."""
    return (error**2).sum(axis=-1).mean()


def keep_per_row(values, k):
    kept = np.zeros_like(values)
    index = np.argsort(-values, axis=-1, kind="stable")[:, :k]
    np.put_along_axis(kept, index, np.take_along_axis(values, index, -1), -1)
    return kept


def keep_in_batch(values, count):
    return keep_per_row(values.reshape(1, -1), count).reshape(values.shape)


def pre_acts(P, x, centred=True):
    return (x - P["decoderBias"] * centred) @ P["encoder"].T + P["encoderBias"]


def decode(P, latents):
    return latents @ P["decoder"] + P["decoderBias"]


def norms(P):
    return np.linalg.norm(P["decoder"], axis=1)


def weight(held):
    return held["sparsityCoefficient"] * held["sparsityScale"]


def lp(latents, p, function):
    powers = np.where(latents > 0, np.maximum(latents, 1e-300) ** p, 0 if p > 0 else 1).sum(axis=-1)
    return (powers if function == "Lp^p" else powers ** (1 / p)).mean()


def standard(P, Z, x, held, case):
    latents = relu(pre_acts(P, x))
    return {"reconstruction": squared(x - decode(P, latents)), "sparsity": weight(held) * latents.sum(-1).mean()}


def standard_april(P, Z, x, held, case):
    latents = relu(pre_acts(P, x))
    sparsity = (latents * norms(P)).sum(-1).mean()
    return {"reconstruction": squared(x - decode(P, latents)), "sparsity": weight(held) * sparsity}


def p_anneal(P, Z, x, held, case):
    latents = relu(pre_acts(P, x))
    sparsity = lp(latents, held["p"], case.settings["sparsity_function"])
    return {"reconstruction": squared(x - decode(P, latents)), "sparsity": weight(held) * sparsity}


def gated_latents(P, x, centred=True):
    projected = (x - P["decoderBias"] * centred) @ P["encoder"].T
    gate = projected + P["gateBias"]
    magnitude = relu(np.exp(P["magnitudeScale"]) * projected + P["magnitudeBias"])
    return (gate > 0) * magnitude, relu(gate)


def gated(P, Z, x, held, case):
    latents, gate = gated_latents(P, x)
    power, function = held.get("p", 1), case.settings.get("sparsity_function", "Lp^p")
    return {
        "reconstruction": squared(x - decode(P, latents)),
        "sparsity": weight(held) * lp(gate, power, function),
        "auxiliary": squared(x - decode(Z, gate)),
    }


def dead_after(counters, fired, batch, threshold):
    return np.where(fired, 0, counters + batch) >= threshold


def auxiliary_dl(P, values, residual, dead, held):
    if not dead.any():
        return 0.0
    kept = keep_per_row(np.where(dead, values, -np.inf), min(residual.shape[1] // 2, int(dead.sum())))
    loss = squared(residual - kept @ P["decoder"]) / squared(residual - residual.mean(axis=0))
    return held["auxiliaryCoefficient"] * loss


def topk(P, Z, x, held, case, in_batch=False):
    def forward(Q):
        values = relu(pre_acts(Q, x))
        kept = keep_in_batch(values, held["k"] * len(x)) if in_batch else keep_per_row(values, held["k"])
        return values, kept

    values, kept = forward(P)
    fixed = forward(Z)[1]
    residual = x - decode(Z, fixed)
    threshold = case.trainer.get("dead_feature_threshold", 10_000_000)
    dead = dead_after(held["tokensSinceFired"], (fixed > 0).any(axis=0), len(x), threshold)
    if case.architecture == "matryoshka-dl":
        reconstruction = matryoshka_dl(P, x, kept, case.settings["group_fractions"])
    else:
        reconstruction = squared(x - decode(P, kept))
    return {"reconstruction": reconstruction, "auxiliary": auxiliary_dl(P, values, residual, dead, held)}


def batch_topk(P, Z, x, held, case):
    return topk(P, Z, x, held, case, in_batch=True)


def matryoshka_dl(P, x, kept, fractions):
    d_sae = kept.shape[1]
    ends = np.cumsum([int(f * d_sae) for f in fractions[:-1]] + [0])
    ends[-1] = d_sae
    losses = [squared(x - kept[:, :end] @ P["decoder"][:end] - P["decoderBias"]) for end in ends]
    return sum(losses) / len(ends) ** 2


def jumprelu_dl(P, Z, x, held, case):
    values = pre_acts(P, x, centred=False)
    latents = values * (values > P["threshold"])
    l0 = (latents > P["threshold"]).sum(-1).mean()
    sparsity = weight(held) * (l0 / case.settings["target_l0"] - 1) ** 2
    return {"reconstruction": squared(x - decode(P, latents)), "sparsity": sparsity}


def standard_sl(P, Z, x, held, case):
    latents = relu(pre_acts(P, x, case.settings.get("apply_b_dec_to_input", True)))
    p = case.settings.get("lp_norm", 1.0)
    sparsity = (((latents * norms(P)) ** p).sum(-1) ** (1 / p)).mean()
    return {"reconstruction": squared(x - decode(P, latents)), "sparsity": held["sparsityCoefficient"] * sparsity}


def gated_sl(P, Z, x, held, case):
    latents, gate = gated_latents(P, x)
    return {
        "reconstruction": squared(x - decode(P, latents)),
        "sparsity": held["sparsityCoefficient"] * (gate * norms(P)).sum(-1).mean(),
        "auxiliary": squared(x - decode(P, gate)),
    }


def topk_sl(P, Z, x, held, case, in_batch=False):
    rescale = case.settings.get("rescale_acts_by_decoder_norm", True)

    def forward(Q):
        scale = norms(Q) if rescale else 1.0
        values = pre_acts(Q, x) * scale
        kept = keep_in_batch(relu(values), int(held["k"] * len(x))) if in_batch else relu(keep_per_row(values, held["k"]))
        return values, kept, scale

    values, kept, scale = forward(P)
    terms = {"reconstruction": squared(x - decode(P, kept / scale)), "auxiliary": 0.0}
    for width in case.settings.get("matryoshka_widths", [0])[:-1]:
        terms[f"reconstruction{width}"] = squared(x - decode(P, (kept / scale) * (np.arange(kept.shape[1]) < width)))
    dead = held["stepsSinceFired"] > case.trainer["dead_feature_window"]
    if dead.any():
        fixed = forward(Z)
        residual = x - decode(Z, fixed[1] / fixed[2])
        k_aux = x.shape[1] // 2
        chosen = keep_per_row(np.where(dead, values, -np.inf), min(k_aux, int(dead.sum())))
        loss = squared(decode(P, chosen / scale) - residual)
        terms["auxiliary"] = held["auxiliaryCoefficient"] * min(dead.sum() / k_aux, 1) * loss
    return terms


def batch_topk_sl(P, Z, x, held, case):
    return topk_sl(P, Z, x, held, case, in_batch=True)


def jumprelu_sl(P, Z, x, held, case):
    values, threshold = pre_acts(P, x), np.exp(P["logThreshold"])
    latents = values * (values > threshold)
    if case.settings.get("jumprelu_sparsity_loss_mode") == "tanh":
        penalty = np.tanh(4.0 * latents * norms(P)).sum(-1).mean()
    else:
        penalty = (values > threshold).sum(-1).mean()
    terms = {"reconstruction": squared(x - decode(P, latents)), "sparsity": held["sparsityCoefficient"] * penalty}
    if "pre_act_loss_coefficient" in case.settings:
        dead = held["stepsSinceFired"] > case.trainer["dead_feature_window"]
        below = (relu(threshold - values) * dead * norms(P)).sum(-1).mean()
        terms["preActivation"] = case.settings["pre_act_loss_coefficient"] * below
    return terms


LOSSES = {
    "standard": standard,
    "standard-april": standard_april,
    "p-anneal": p_anneal,
    "gated": gated,
    "gated-anneal": gated,
    "topk": topk,
    "batch-topk": batch_topk,
    "matryoshka-dl": batch_topk,
    "jumprelu-dl": jumprelu_dl,
    "standard-sl": standard_sl,
    "gated-sl": gated_sl,
    "topk-sl": topk_sl,
    "batch-topk-sl": batch_topk_sl,
    "matryoshka-sl": batch_topk_sl,
    "jumprelu-sl": jumprelu_sl,
}


def infer(case: Case, P: Arrays, threshold: float | None, x: np.ndarray) -> np.ndarray:
    """Latents by the library's inference rule, from the parameters that it uses there."""
    centred = case.architecture != "jumprelu-dl" and case.settings.get("apply_b_dec_to_input", True)
    if case.architecture.startswith("gated"):
        return gated_latents(P, x, centred)[0]
    values = pre_acts(P, x, centred)
    if case.architecture in ("topk", "topk-sl"):
        return relu(keep_per_row(values, case.settings["k"]))
    if "threshold" in P or threshold is not None:
        return relu(values) * (values > P.get("threshold", threshold))
    return relu(values)
