"""Runs a case with a training SAE of sae_lens and its SAETrainer.fit(), watched from outside."""

import tempfile
import warnings

import numpy as np
import torch

from cases import Case
from data import BATCH, D_IN, D_SAE
from initial import moved
from names import TABLES, assign, ours, parameters
from record import Arrays, ClipRecorder, Recorder

TRAINER = {
    "n_checkpoints": 0,
    "checkpoint_path": None,
    "save_final_checkpoint": False,
    "device": "cpu",
    "autocast": False,
    "lr_scheduler_name": "constant",
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "n_restart_cycles": 1,
    "train_batch_size_samples": BATCH,
    "dead_feature_window": 1000,
    "feature_sampling_window": 1000,
}


def trainer_settings(case: Case) -> dict:
    """Every numeric field of SAETrainerConfig. lr_end defaults to lr / 10, as in the library's runner config."""
    return {"lr_end": case.trainer["lr"] / 10, **TRAINER, **case.trainer, "total_training_samples": case.n_steps * BATCH}


def build(case: Case, batches: np.ndarray):
    from sae_lens import saes
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    torch.manual_seed(case.seed)
    # The library writes into matryoshka_widths: give it a copy.
    settings = {k: list(v) if isinstance(v, list) else v for k, v in case.settings.items()}
    sae_config = getattr(saes, f"{case.trained_by}Config")(d_in=D_IN, d_sae=D_SAE, **settings)
    sae = getattr(saes, case.trained_by)(sae_config)
    assign(sae, moved(case, parameters(sae)))
    config = SAETrainerConfig(**trainer_settings(case), logger=LoggingConfig(log_to_wandb=False))
    rows = iter([torch.from_numpy(batch.copy()) for batch in batches])
    return sae, SAETrainer(cfg=config, sae=sae, data_provider=rows)


def buffers(trainer) -> Arrays:
    held = {"stepsSinceFired": trainer.n_forward_passes_since_fired.numpy().astype(np.int32)}
    if hasattr(trainer.sae, "topk_threshold"):
        held["threshold"] = np.array(trainer.sae.topk_threshold.item(), np.float64)
    return held


def terms(output, step_input, case: Case) -> dict:
    names = {"mse_loss": "reconstruction", "l1_loss": "sparsity", "l0_loss": "sparsity", "pre_act_loss": "preActivation",
             "auxiliary_reconstruction_loss": "auxiliary"}
    weighted = {names.get(name, name.replace("inner_mse_loss_", "reconstruction")): value.item()
                for name, value in output.losses.items()}
    raw, coefficients = {}, dict(step_input.coefficients)
    sparsity = coefficients.get("l1", coefficients.get("l0"))
    if sparsity:
        raw["sparsity"] = weighted["sparsity"] / sparsity
    held = {} if sparsity is None else {"sparsityCoefficient": sparsity}
    dead = int(step_input.dead_neuron_mask.sum())
    if "aux_loss_coefficient" in case.settings:
        held["auxiliaryCoefficient"] = case.settings["aux_loss_coefficient"]
        held["auxiliaryScale"] = min(dead / (D_IN // 2), 1.0)
        held["k"] = case.settings["k"]
        if dead:
            raw["auxiliary"] = weighted["auxiliary"] / held["auxiliaryCoefficient"] / held["auxiliaryScale"]
    return {
        "terms": weighted,
        "rawTerms": raw,
        "controls": held,
        "l0": (output.feature_acts > 0).float().sum(dim=-1).mean().item(),
        "deadLatents": dead,
        "loss": output.loss.item(),
        **({"thresholdAfter": output.metrics["topk_threshold"].item()} if "topk_threshold" in output.metrics else {}),
    }


def run(case: Case, batches: np.ndarray, inference_x: np.ndarray) -> dict:
    sae, trainer = build(case, batches)
    recorder = Recorder(sae, trainer.optimizer, {0, case.later_step})
    library_forward = sae.training_forward_pass

    def watched_forward(step_input):
        recorder.begin(step_input.n_training_steps, buffers(trainer))
        output = library_forward(step_input)
        recorder.note(**terms(output, step_input, case))
        return output

    sae.training_forward_pass = watched_forward
    with ClipRecorder(recorder), warnings.catch_warnings():
        # torch warns that SequentialLR passes a step number on; it is the library's own choice.
        warnings.simplefilter("ignore", UserWarning)
        trainer.fit()
    final, final_buffers = parameters(sae), buffers(trainer)
    form, form_config, made = inference(sae, torch.from_numpy(inference_x))
    return {
        "recorder": recorder,
        "final": final,
        "finalBuffers": final_buffers,
        "finalControls": dict(trainer.get_coefficients()),
        "inference": made,
        "inferenceForm": form,
        "inferenceConfig": form_config,
        "optimizer": trainer.optimizer,
        "schedules": {},
    }


@torch.no_grad()
def inference(sae, x: torch.Tensor) -> tuple[Arrays, dict, Arrays]:
    """Saves the inference model as the library does, loads it again as the library does, and runs that."""
    from sae_lens.saes.sae import SAE

    with tempfile.TemporaryDirectory() as folder:
        sae.save_inference_model(folder)
        loaded = SAE.load_from_disk(folder)
    form = {}
    for name, value in loaded.state_dict().items():
        our_name, transposed = TABLES["sae_lens"][name]
        form[our_name] = ours(value, transposed)
    latents = loaded.encode(x)
    made = {"x": x, "latents": latents, "xHat": loaded.decode(latents)}
    assert torch.equal(made["xHat"], loaded(x))
    config = {k: v for k, v in loaded.cfg.to_dict().items() if k not in ("metadata", "device")}
    return form, config, {name: value.numpy().copy() for name, value in made.items()}
