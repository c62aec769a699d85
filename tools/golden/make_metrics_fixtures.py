"""Makes fixtures/golden-metrics: metrics by the reference libraries themselves, and statistics by SciPy, diptest and
scikit-learn. Run tools/golden/make.sh metrics."""

import json
import math
from importlib.metadata import version
from pathlib import Path

import metrics_libraries
import numpy as np
import statistics_fixtures
import torch
from metrics_data import BATCHES, D_IN, D_SAE, PROMPTS, SEED, SPECIAL, TOKENS, Data
from safetensors.numpy import save_file

TARGET = Path(__file__).resolve().parents[2] / "fixtures/golden-metrics"


def made_by(*libraries: str) -> dict:
    return {
        "format": "plumbline-golden-metrics",
        "version": 1,
        "script": "tools/golden/make_metrics_fixtures.py",
        "libraries": {library: version(library).split("+")[0] for library in libraries},
    }


def without_nan(value):
    """null for NaN, which JSON does not have"""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def write(name: str, description: dict, arrays: dict[str, np.ndarray] | None = None) -> None:
    text = json.dumps(without_nan(description), indent=1, allow_nan=False) + "\n"
    (TARGET / f"{name}.json").write_text(text)
    if arrays is not None:
        save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, TARGET / f"{name}.safetensors")
        (TARGET / f"{name}.safetensors").chmod(0o644)
    sizes = [(TARGET / f"{name}{ending}") for ending in (".json", ".safetensors")]
    print(f"{name}: {sum(path.stat().st_size for path in sizes if path.exists()) / 1024:.0f} KiB")


def main() -> None:
    torch.set_num_threads(1)
    TARGET.mkdir(parents=True, exist_ok=True)
    arrays, results = statistics_fixtures.run()
    by = made_by("scipy", "scikit-learn", "diptest", "numpy")
    write("statistics", {**by, "seed": statistics_fixtures.SEED, "bootstraps": statistics_fixtures.BOOTSTRAPS, **results}, arrays)

    metrics_libraries.install()
    data = Data()
    by = made_by("dictionary-learning", "sae-lens", "sae-bench", "overcomplete", "torch", "numpy")
    shape = {"dIn": D_IN, "dSae": D_SAE, "nBatches": BATCHES, "promptsPerBatch": PROMPTS, "tokensPerPrompt": TOKENS}
    results = metrics_libraries.run_all(data)
    tensors = {
        "x": data.x,
        "xHat": data.x_hat,
        "latents": data.latents,
        "tokens": data.tokens.reshape(-1),
        "encoder": data.encoder,
        "encoderBias": data.encoder_bias,
        "decoder": data.decoder,
    }
    write("libraries", {**by, "seed": SEED, "shape": shape, "specialToken": SPECIAL, **results}, tensors)
    origin = "names, types and duties in sae_bench/evals/core/eval_output_schema_core.json; the schema itself is not here"
    write("sae-bench-core-schema", {**made_by("sae-bench"), "origin": origin, "properties": metrics_libraries.core_schema()})


main()
