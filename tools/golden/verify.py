"""Checks a finished case against recompute.py: losses, gradients, projection and clipping, inference, conditioning."""

import numpy as np

from cases import Case
from recompute import LOSSES, infer
from record import Snapshot
from surrogates import threshold_gradient

LOSS_TOLERANCE = 1e-5
"""Relative. float32 sums of 48 rows of 12 dims against float64; 2e-7 was measured."""
GRADIENT_TOLERANCE = 1e-5
"""Relative. Central differences in float64 against gradients in float32; 2e-7 was measured."""
SURROGATES = ("threshold", "logThreshold")
"""Their gradients are pseudo-gradients, checked against surrogates.py: the loss itself has no slope to compare with."""
CONSTRAINED_ADAM = ("standard", "p-anneal", "gated", "gated-anneal")


def wide(arrays):
    return {name: value.astype(np.float64) for name, value in arrays.items()}


def close(what: str, got, expected, tolerance: float, case: Case) -> float:
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    error = float(np.max(np.abs(got - expected)) / max(1e-3, float(np.max(np.abs(expected)))))
    if not error <= tolerance:
        raise SystemExit(f"golden: {case.library} {case.name}: {what} differs by {error:.2e} (relative), allowed {tolerance}.")
    return error


def step_scalars(record: dict, snapshot: Snapshot) -> dict:
    return {**record["controls"], **snapshot.buffers}


def check_step(case: Case, record: dict, snapshot: Snapshot, batch: np.ndarray) -> dict[str, float]:
    P, x, held = wide(snapshot.parameters), batch.astype(np.float64), step_scalars(record, snapshot)
    loss = LOSSES[case.architecture]
    terms = loss(P, P, x, held, case)
    assert set(terms) == set(record["terms"]), (case.name, sorted(terms), sorted(record["terms"]))
    errors = {name: close(f"term {name}", record["terms"][name], terms[name], LOSS_TOLERANCE, case) for name in terms}
    errors["loss"] = close("loss", record["loss"], sum(terms.values()), LOSS_TOLERANCE, case)
    errors["gradient"] = max(
        check_gradient(case, name, lambda Q: sum(loss(Q, P, x, held, case).values()), P, gradient)
        for name, gradient in snapshot.gradient.items()
        if name not in SURROGATES
    )
    if case.architecture.startswith("jumprelu"):
        for name, expected in threshold_gradient(case, P, x, held).items():
            errors[f"gradient of {name}"] = close(f"gradient of {name}", snapshot.gradient[name], expected, GRADIENT_TOLERANCE, case)
    check_used(case, record, snapshot)
    return errors


def check_gradient(case: Case, name: str, loss, P, gradient: np.ndarray) -> float:
    """Slopes of the loss, by central differences, along the gradient and along a random direction."""
    gradient = gradient.astype(np.float64)
    size = max(float(np.linalg.norm(gradient)), 1e-6)
    random = np.random.default_rng(0).standard_normal(gradient.shape)
    h, worst = 1e-7, 0.0
    for direction in (gradient / size, random / np.linalg.norm(random)):
        slope = (loss({**P, name: P[name] + h * direction}) - loss({**P, name: P[name] - h * direction})) / (2 * h)
        worst = max(worst, abs(slope - float((direction * gradient).sum())) / size)
    if not worst <= GRADIENT_TOLERANCE:
        raise SystemExit(f"golden: {case.library} {case.name}: the gradient of {name} (norm {size}) is off by {worst:.2e}.")
    return worst


def check_used(case: Case, record: dict, snapshot: Snapshot) -> None:
    """Redoes projection and clipping from the raw gradient, in the order that the README states."""
    used = wide(snapshot.gradient)
    decoder = wide(snapshot.parameters)["decoder"]
    if case.library == "dictionary-learning" and case.architecture != "standard-april":
        epsilon = 0 if case.architecture in CONSTRAINED_ADAM else 1e-6
        unit = decoder / (np.linalg.norm(decoder, axis=1, keepdims=True) + epsilon)
        used["decoder"] = used["decoder"] - (used["decoder"] * unit).sum(axis=1, keepdims=True) * unit
    if "gradientNormBeforeClip" in record:
        norm = np.sqrt(sum((value**2).sum() for value in used.values()))
        close("gradient norm", record["gradientNormBeforeClip"], norm, 1e-5, case)
        used = {name: value * min(1.0, 1.0 / (norm + 1e-6)) for name, value in used.items()}
    for name, value in used.items():
        close(f"used gradient of {name}", snapshot.gradient_used[name], value, 1e-4, case)


def check_geometric_median(case: Case, first: Snapshot, batch: np.ndarray) -> float:
    """The decoder bias that the top-k trainers of dictionary_learning set at step 0."""
    x = batch.astype(np.float64)
    guess = x.mean(axis=0)
    for _ in range(100):
        inverse = 1 / np.linalg.norm(x - guess, axis=1)
        previous, guess = guess, (inverse / inverse.sum()) @ x
        if np.linalg.norm(guess - previous) < 1e-5:
            break
    return close("geometric median", first.parameters["decoderBias"], guess, 1e-5, case)


def check_inference(case: Case, result: dict) -> float:
    P = wide(result.get("inferenceForm", result["final"]))
    made, buffers = result["inference"], result["finalBuffers"]
    x = made["x"].astype(np.float64)
    threshold = float(buffers["threshold"]) if "threshold" in buffers and "inferenceForm" not in result else None
    latents = infer(case, P, threshold, x)
    x_hat = latents @ P["decoder"] + P["decoderBias"]
    return max(close("inference latents", made["latents"], latents, 1e-5, case),
               close("inference xHat", made["xHat"], x_hat, 1e-5, case))
