"""Makes fixtures/golden: what the reference libraries themselves compute on small data. Run tools/golden/make.sh.

Every case is run by the library's own training code, checked in NumPy (verify.py), and run once more on inputs moved by
about one rounding error, which tells how far float32 may carry two correct implementations apart.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

import reference
from cases import Case, all_cases
from data import BATCH, D_IN, D_SAE, INFERENCE_ROWS, toy_activations

TARGET = Path(__file__).resolve().parents[2] / "fixtures/golden"
ROUNDING = 6e-8
"""Half a unit in the last place of a float32 near 1."""
SENSITIVITY_LIMIT = 1e-3
PREFIX = {"dictionary-learning": "dictionary-learning", "sae-lens": "saelens"}


def run(case: Case, batches: np.ndarray, inference_x: np.ndarray) -> dict:
    if case.library == "sae-lens":
        from run_sae_lens import run as run_case
    else:
        from run_dictionary_learning import run as run_case
    return run_case(case, batches, inference_x)


def tensors(case: Case, batches: np.ndarray, result: dict) -> dict[str, np.ndarray]:
    first, later = (result["recorder"].snapshots[step] for step in (0, case.later_step))
    groups = {
        "initial": first.parameters,
        "initialBuffer": first.buffers,
        "gradient": first.gradient,
        "gradientUsed": first.gradient_used,
        "later": later.parameters,
        "laterBuffer": later.buffers,
        "laterGradient": later.gradient,
        "laterGradientUsed": later.gradient_used,
        "final": result["final"],
        "finalBuffer": result["finalBuffers"],
        "inferenceForm": result.get("inferenceForm", {}),
        "inference": result["inference"],
    }
    made = {f"{group}/{name}": value for group, arrays in groups.items() for name, value in arrays.items()}
    made["batches"] = batches
    for name, value in made.items():
        assert np.isfinite(value).all(), (case.name, name)
    return {name: narrow(value) for name, value in made.items()}


def narrow(value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value.astype(np.float32) if value.dtype == np.float64 else value)


def sensitivity(case: Case, batches: np.ndarray, inference_x: np.ndarray, final: dict) -> dict[str, float]:
    noise = np.random.default_rng(20_000 + case.seed).uniform(-1, 1, batches.shape)
    moved = (batches * (1 + 2 * ROUNDING * noise)).astype(np.float32)
    other = run(case, moved, inference_x)["final"]
    largest = {name: float(np.abs(other[name] - final[name]).max()) for name in sorted(final)}
    if max(largest.values()) > SENSITIVITY_LIMIT:
        raise SystemExit(f"golden: {case.library} {case.name}: a rounding error moves it by {largest}; choose another seed.")
    return largest


def table(case: Case, result: dict) -> dict[str, str]:
    recorder = result["recorder"]
    return {ours: f"{name}{' (transposed)' if turned else ''}" for name, (ours, turned) in sorted(recorder.table.items())}


def description(case: Case, result: dict, errors: dict, largest: dict) -> dict:
    settings = {**case.settings}
    if case.library == "sae-lens":
        from run_sae_lens import trainer_settings

        trainer = {"trainer": trainer_settings(case)}
    else:
        trainer = {"trainerAttributesPatched": case.trainer}
    group = result["optimizer"].param_groups[0]
    return {
        "format": "plumbline-golden",
        "version": 1,
        "library": case.library,
        "libraryVersion": version(case.library),
        "libraryCommit": reference.COMMITS[case.library],
        "trainedBy": case.trained_by,
        "torch": torch.__version__.split("+")[0],
        "numpy": np.__version__,
        "script": "tools/golden/make_fixtures.py",
        "seed": case.seed,
        "shape": {"dIn": D_IN, "dSae": D_SAE, "batchSize": BATCH, "nSteps": case.n_steps, "nInference": INFERENCE_ROWS},
        "settings": settings,
        **trainer,
        "optimizer": {"name": "Adam", "betas": list(group["betas"]), "epsilon": group["eps"], "weightDecay": group["weight_decay"]},
        **({"kSchedule": list(case.k_schedule)} if case.k_schedule else {}),
        **result["schedules"],
        "weakLatents": case.n_weak,
        "silentLatents": case.n_silent,
        "parameterNames": table(case, result),
        "laterStep": case.later_step,
        "steps": result["recorder"].steps,
        "final": {
            "controls": result["finalControls"],
            **({"threshold": float(result["finalBuffers"]["threshold"])} if "threshold" in result["finalBuffers"] else {}),
        },
        **({"inferenceConfig": result["inferenceConfig"]} if "inferenceConfig" in result else {}),
        "recomputed": errors,
        "sensitivity": largest,
        "notes": list(case.notes),
    }


def make(case: Case) -> None:
    from verify import check_geometric_median, check_inference, check_step

    batches, inference_x = toy_activations(case.seed, case.n_steps)
    result = run(case, batches, inference_x)
    recorder = result["recorder"]
    errors = {
        f"step {step}": check_step(case, recorder.steps[step], snapshot, batches[step])
        for step, snapshot in recorder.snapshots.items()
    }
    errors["inference"] = check_inference(case, result)
    if case.library == "dictionary-learning" and "tokensSinceFired" in result["finalBuffers"] and "k" in case.settings:
        errors["geometricMedian"] = check_geometric_median(case, recorder.snapshots[0], batches[0])
    largest = sensitivity(case, batches, inference_x, result["final"])
    name = f"{PREFIX[case.library]}-{case.name}"
    save_file(tensors(case, batches, result), TARGET / f"{name}.safetensors")
    (TARGET / f"{name}.safetensors").chmod(0o644)
    text = json.dumps(description(case, result, errors, largest), indent=1, allow_nan=False) + "\n"
    (TARGET / f"{name}.json").write_text(text)
    size = sum((TARGET / f"{name}{ending}").stat().st_size for ending in (".safetensors", ".json"))
    dead = [step.get("deadLatents", 0) for step in recorder.steps]
    print(f"{name}: {size / 1024:.0f} KiB, loss {recorder.steps[0]['loss']:.4f} to {recorder.steps[-1]['loss']:.4f}, "
          f"l0 {recorder.steps[-1]['l0']:.2f}, dead {dead[0]}..{dead[-1]}, moved by rounding {max(largest.values()):.1e}")


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    reference.install()
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    cases = [case for case in all_cases() if wanted in f"{PREFIX[case.library]}-{case.name}"]
    if not cases:
        raise SystemExit(f"golden: no case has {wanted!r} in its name; the names are in tools/golden/cases.py.")
    for case in cases:
        make(case)


main()
