"""Runs the metrics of the reference libraries themselves, unchanged, on the activations of metrics_data.py.

- dictionary_learning: `evaluation.evaluate` on a generator of batches. It takes losses only from its own buffer class, so
  that no language model is needed.
- SAELens: `evals.get_sparsity_and_variance_metrics` and `get_featurewise_weight_based_metrics`, with a stand-in for the model
  and the store that hands out the recorded activations; `SAETrainer._build_train_step_log_dict` on each batch.
- SAEBench: `evals.core.main.run_evals`, `calculate_misc_metrics` and `save_single_eval_result` with the same stand-ins. Losses
  and divergences, which need a language model, are handed to it as NaN, as it would find them.
- Overcomplete: `metrics.r2_score`, `hoyer`, `kappa_4`.

Every function runs twice, in float32 and in float64.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import reference
import torch
from metrics_data import BATCHES, D_IN, D_SAE, PROMPTS, SPECIAL, TOKENS, Data

HOOK = "blocks.0.hook_resid_post"


def install() -> None:
    """Makes the evaluation modules importable, as reference.install() does for those that train."""
    reference.install()
    for name in ("pandas", "nnsight"):
        reference.stand_in(name)
    # SAEBench lists all pretrained SAEs on import, from a YAML file; here there are none. torch prints a table at exit.
    sys.modules["yaml"].safe_load = lambda _file: {}
    reference.stand_in("tabulate", tabulate=lambda *_rows, **_options: "")
    reference.shell("sae_bench")
    reference.shell("overcomplete")
    from sae_lens.saes.sae import SAE

    sys.modules["sae_lens"].SAE = SAE


class RecordedSae:
    """The part of an SAE that evaluations ask for: encode, decode, weights, and a configuration."""

    def __init__(self, data: Data, dtype: torch.dtype) -> None:
        self.data, self.dtype, self.device = data, dtype, torch.device("cpu")
        self.dict_size, self.activation_dim = D_SAE, D_IN
        self.W_enc = torch.tensor(data.encoder.T.copy(), dtype=dtype)
        self.W_dec = torch.tensor(data.decoder, dtype=dtype)
        self.b_enc = torch.tensor(data.encoder_bias, dtype=dtype)
        metadata = SimpleNamespace(hook_name=HOOK, hook_head_index=None)
        self.cfg = SimpleNamespace(
            d_sae=D_SAE, hook_name=HOOK, hook_layer=0, hook_head_index=None, architecture_str="standard", metadata=metadata,
            to_dict=lambda: {"architecture": "standard", "d_in": D_IN, "d_sae": D_SAE},
        )

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tensor(self.data.encode(x.numpy().astype(np.float32)), dtype=self.dtype)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.tensor(self.data.decode(latents.numpy().astype(np.float32)), dtype=self.dtype)

    def __call__(self, x: torch.Tensor, output_features: bool):
        latents = self.encode(x)
        return self.decode(latents), latents


class RecordedTokens:
    """The part of an activation store and a model that evaluations ask for. Activations go by batch, not by token."""

    context_size, store_batch_size_prompts = TOKENS, PROMPTS

    def __init__(self, data: Data, dtype: torch.dtype) -> None:
        self.tokens = torch.tensor(data.tokens).reshape(BATCHES, PROMPTS, TOKENS)
        self.activations = torch.tensor(data.x, dtype=dtype).reshape(BATCHES, PROMPTS, TOKENS, D_IN)
        self.next = 0

    def get_batch_tokens(self, _n_prompts: int) -> torch.Tensor:
        self.next += 1
        return self.tokens[self.next - 1]

    def run_with_cache(self, _tokens: torch.Tensor, **_options):
        return None, {HOOK: self.activations[self.next - 1]}


def batches(data: Data, array: np.ndarray, dtype: torch.dtype) -> list[torch.Tensor]:
    return [torch.tensor(data.batch(array, index), dtype=dtype) for index in range(BATCHES)]


def dictionary_learning(data: Data, dtype: torch.dtype) -> dict:
    evaluation = importlib.import_module("dictionary_learning.evaluation")
    x = iter(batches(data, data.x, dtype))
    return evaluation.evaluate(RecordedSae(data, dtype), x, n_batches=BATCHES)


def sae_lens(data: Data, dtype: torch.dtype) -> dict:
    evals = importlib.import_module("sae_lens.evals")
    from sae_lens.training.activation_scaler import ActivationScaler

    sae, store = RecordedSae(data, dtype), RecordedTokens(data, dtype)
    scalars, latents = evals.get_sparsity_and_variance_metrics(
        sae, store, store, ActivationScaler(), n_batches=BATCHES, compute_l2_norms=True, compute_sparsity_metrics=True,
        compute_variance_metrics=True, compute_featurewise_density_statistics=True, eval_batch_size_prompts=PROMPTS,
        model_kwargs={}, ignore_tokens=[SPECIAL],
    )
    return {"scalars": scalars, "latents": {**latents, **evals.get_featurewise_weight_based_metrics(sae)}}


def sae_lens_trainer(data: Data, dtype: torch.dtype) -> list[dict]:
    from sae_lens.training.sae_trainer import SAETrainer

    trainer = SimpleNamespace(
        optimizer=SimpleNamespace(param_groups=[{"lr": 0.0}]), n_forward_passes_since_fired=torch.zeros(D_SAE),
        dead_neurons=torch.zeros(D_SAE), coefficient_schedulers={},
    )
    made = []
    for x, x_hat, latents in zip(*(batches(data, array, dtype) for array in (data.x, data.x_hat, data.latents))):
        output = SimpleNamespace(sae_in=x, sae_out=x_hat, feature_acts=latents, loss=torch.zeros(()), losses={}, metrics={})
        log = SAETrainer._build_train_step_log_dict(trainer, output, 0)
        made.append({name: log[f"metrics/{name}"] for name in ("explained_variance", "explained_variance_legacy")})
    return made


def sae_bench(data: Data, dtype: torch.dtype) -> dict:
    core = importlib.import_module("sae_bench.evals.core.main")
    sae, store = RecordedSae(data, dtype), RecordedTokens(data, dtype)
    config = core.CoreEvalConfig(
        batch_size_prompts=PROMPTS, n_eval_sparsity_variance_batches=BATCHES, context_size=TOKENS, compute_l2_norms=True,
        compute_sparsity_metrics=True, compute_variance_metrics=True, compute_featurewise_density_statistics=True,
        compute_featurewise_weight_based_metrics=True,
    )
    metrics, latents = core.run_evals(sae, store, store, config, ignore_tokens={SPECIAL})
    metrics["misc_metrics"] = core.calculate_misc_metrics(latents)
    nan = float("nan")
    metrics["model_behavior_preservation"] = dict.fromkeys(("kl_div_score", "kl_div_with_ablation", "kl_div_with_sae"), nan)
    names = ("ce_loss_score", "ce_loss_with_ablation", "ce_loss_with_sae", "ce_loss_without_sae")
    metrics["model_performance_preservation"] = dict.fromkeys(names, nan)
    result = core.replace_nans_with_negative_one(
        {"eval_cfg": config, "metrics": metrics, "feature_metrics": latents, "sae_id": "layer_0/topk", "sae_set": "toy/release"}
    )
    core.time = SimpleNamespace(time=lambda: 1_700_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = core.general_utils.get_results_filepath(folder, result["sae_set"], result["sae_id"])
        identifier = "00000000-0000-4000-8000-000000000000"
        core.save_single_eval_result(result, identifier, "6.18.0", "Unknown", path, sae)
        return {"fileName": Path(path).name, "file": json.loads(Path(path).read_text())}


def overcomplete(data: Data, dtype: torch.dtype) -> dict:
    metrics = importlib.import_module("overcomplete.metrics")
    pairs = zip(batches(data, data.x, dtype), batches(data, data.x_hat, dtype))
    latents = torch.cat(batches(data, data.latents, dtype))
    return {
        "r2_score": [float(metrics.r2_score(x, x_hat)) for x, x_hat in pairs],
        "hoyer": float(metrics.hoyer(latents).mean()),
        "kappa_4": float(metrics.kappa_4(latents).mean()),
    }


def run_all(data: Data) -> dict:
    libraries = {
        "dictionaryLearning": dictionary_learning,
        "saeLens": sae_lens,
        "saeLensTrainer": sae_lens_trainer,
        "saeBenchCore": sae_bench,
        "overcomplete": overcomplete,
    }
    kinds = {"float32": torch.float32, "float64": torch.float64}
    return {name: {kind: run(data, dtype) for kind, dtype in kinds.items()} for name, run in libraries.items()}


def core_schema() -> list[dict]:
    """Names, types and duties of SAEBench's schema of a core result, sorted; the schema itself is not copied."""
    core = importlib.import_module("sae_bench.evals.core.main")
    schema = json.loads(Path(core.__file__).with_name("eval_output_schema_core.json").read_text())
    rows: list[dict] = []

    def resolve(node: dict) -> dict:
        return schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node

    def walk(node: dict, path: str) -> None:
        for name, child in node.get("properties", {}).items():
            target = resolve(child)
            kinds = [target] if "anyOf" not in target else target["anyOf"]
            at = f"{path}{name}"
            types = sorted(kind.get("type", "any") for kind in kinds)
            rows.append({"path": at, "types": types, "required": name in node.get("required", [])})
            walk(target, f"{at}.")
            if "items" in target:
                walk(resolve(target["items"]), f"{at}[].")

    walk(schema, "")
    return sorted(rows, key=lambda row: row["path"])
