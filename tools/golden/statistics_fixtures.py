"""Assignments, dips, mixtures, moments and angles by SciPy, diptest and scikit-learn, on inputs that are stored beside them."""

import warnings

import diptest
import numpy as np
from metrics_data import unit
from scipy.linalg import subspace_angles
from scipy.optimize import linear_sum_assignment
from scipy.stats import kurtosis, skew
from sklearn.mixture import GaussianMixture

SEED = 20250312
BOOTSTRAPS = 100_000


def cosines(rng: np.random.Generator, n_rows: int, n_columns: int, width: int) -> np.ndarray:
    """Cosines of rows of which half are near copies of each other, as dictionaries of two seeds are."""
    a = unit(rng.standard_normal((n_rows, width)))
    b = unit(rng.standard_normal((n_columns, width)))
    shared = min(n_rows, n_columns) // 2
    b[rng.choice(n_columns, shared, replace=False)] = unit(a[:shared] + 0.3 / np.sqrt(width) * rng.standard_normal((shared, width)))
    return a @ b.T


def assignments(rng: np.random.Generator) -> tuple[dict, dict]:
    costs = {
        "square-5": rng.uniform(-1, 1, (5, 5)),
        "square-60": rng.uniform(0, 1, (60, 60)),
        "cosines-200": 1 - cosines(rng, 200, 200, 24),
        "wide-20x35": 1 - cosines(rng, 20, 35, 10),
        "tall-40x15": rng.standard_normal((40, 15)),
        "ties-50": rng.integers(0, 4, (50, 50)).astype(np.float64),
    }
    arrays, results = {}, {}
    for name, cost in costs.items():
        cost = narrow(cost)
        rows, columns = linear_sum_assignment(cost)
        arrays[f"assignment/{name}"] = cost.astype(np.float32)
        results[name] = {
            "total": float(cost[rows, columns].sum()),
            "rows": rows.tolist(),
            "columns": columns.tolist(),
            "unique": name != "ties-50",
        }
    return arrays, results


def samples(rng: np.random.Generator) -> dict[str, np.ndarray]:
    made = {
        "four": np.array([0.0, 1.0, 3.0, 7.0]),
        "uniform-50": rng.uniform(0, 1, 50),
        "uniform-2000": rng.uniform(0, 1, 2000),
        "normal-300": rng.standard_normal(300),
        "bimodal-200": np.concatenate([rng.normal(0, 0.1, 80), rng.normal(1, 0.15, 120)]),
        "weakly-bimodal-400": np.concatenate([rng.normal(-1.1, 0.7, 200), rng.normal(1.1, 0.7, 200)]),
        "skewed-500": rng.exponential(1, 500),
        "ties-100": rng.integers(0, 6, 100).astype(np.float64),
    }
    return {name: narrow(sample) for name, sample in made.items()}


def narrow(array: np.ndarray) -> np.ndarray:
    """Numbers that fit float32, as they are stored; everything is computed of them in float64."""
    return array.astype(np.float32).astype(np.float64)


def dips(made: dict[str, np.ndarray]) -> dict:
    results = {}
    for name, sample in made.items():
        dip, p = diptest.diptest(sample)
        _, bootstrapped = diptest.diptest(sample, boot_pval=True, n_boot=BOOTSTRAPS, n_threads=1, seed=SEED)
        results[name] = {"n": len(sample), "dip": float(dip), "pValue": float(p), "bootstrapPValue": float(bootstrapped)}
    return results


def moments(made: dict[str, np.ndarray]) -> dict:
    return {
        name: {"skewness": float(skew(sample, bias=False)), "excessKurtosis": float(kurtosis(sample, bias=False))}
        for name, sample in made.items()
    }


def mixtures(made: dict[str, np.ndarray]) -> dict:
    results = {}
    for name in ("bimodal-200", "weakly-bimodal-400", "normal-300", "skewed-500", "uniform-2000"):
        sample = made[name].reshape(-1, 1)
        results[name] = {}
        for n in (1, 2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                mixture = GaussianMixture(n, tol=1e-10, max_iter=20_000, n_init=8, reg_covar=1e-6, random_state=SEED)
                mixture.fit(sample)
            order = np.argsort(mixture.means_[:, 0])
            results[name][f"components{n}"] = {
                "means": mixture.means_[order, 0].tolist(),
                "standardDeviations": np.sqrt(mixture.covariances_[order, 0, 0]).tolist(),
                "weights": mixture.weights_[order].tolist(),
                "logLikelihood": float(mixture.score(sample) * len(sample)),
                "bic": float(mixture.bic(sample)),
                "converged": bool(mixture.converged_),
            }
    return results


def angles(rng: np.random.Generator) -> tuple[dict, dict]:
    a = rng.standard_normal((20, 4))
    pairs = {
        "random-20x4-20x6": (a, rng.standard_normal((20, 6))),
        "near-20x4-20x4": (a, a @ rng.standard_normal((4, 4)) + 1e-3 * rng.standard_normal((20, 4))),
        "shared-12x3-12x3": (np.eye(12)[:, :3], np.eye(12)[:, [0, 5, 1]] + 0.0),
    }
    pairs = {name: tuple(narrow(matrix) for matrix in pair) for name, pair in pairs.items()}
    arrays = {f"subspace/{name}/{side}": value.astype(np.float32) for name, pair in pairs.items() for side, value in zip("ab", pair)}
    return arrays, {name: {"angles": subspace_angles(*pair).tolist()} for name, pair in pairs.items()}


def run() -> tuple[dict[str, np.ndarray], dict]:
    rng = np.random.default_rng(SEED)
    costs, matched = assignments(rng)
    made = samples(rng)
    matrices, between = angles(rng)
    arrays = {**costs, **{f"sample/{name}": sample.astype(np.float32) for name, sample in made.items()}, **matrices}
    results = {
        "assignments": matched,
        "dips": dips(made),
        "moments": moments(made),
        "mixtures": mixtures(made),
        "subspaceAngles": between,
    }
    return arrays, results
