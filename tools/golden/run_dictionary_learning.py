"""Runs a case with a trainer of dictionary_learning: its update() for every step, watched from outside."""

import copy
import importlib

import numpy as np
import torch

from cases import Case
from data import D_IN, D_SAE
from initial import moved
from names import assign, parameters
from record import Arrays, ClipRecorder, Recorder


def build(case: Case):
    module, name = case.trained_by.split(".")
    trainer_class = getattr(importlib.import_module(f"dictionary_learning.trainers.{module}"), name)
    torch.manual_seed(case.seed)
    trainer = trainer_class(
        **case.settings, steps=case.n_steps, activation_dim=D_IN, dict_size=D_SAE, seed=case.seed, device="cpu"
    )
    for attribute, value in case.trainer.items():
        assert hasattr(trainer, attribute), attribute
        setattr(trainer, attribute, value)
    return trainer


def buffers(trainer) -> Arrays:
    held = {}
    if isinstance(getattr(trainer.ae, "threshold", None), torch.Tensor) and "threshold" in dict(trainer.ae.named_buffers()):
        held["threshold"] = np.array(trainer.ae.threshold.item(), np.float32)
    if hasattr(trainer, "num_tokens_since_fired"):
        held["tokensSinceFired"] = trainer.num_tokens_since_fired.numpy().astype(np.int32)
    return held


def controls(trainer, step: int) -> dict:
    """The scalars in force for a step, before its loss is computed."""
    held = {}
    if hasattr(trainer, "sparsity_warmup_fn"):
        held["sparsityScale"] = trainer.sparsity_warmup_fn(step)
    for attribute, name in (("l1_penalty", "sparsityCoefficient"), ("sparsity_coeff", "sparsityCoefficient"),
                            ("sparsity_coefficient", "sparsityCoefficient"), ("p", "p"), ("next_p", "nextP")):
        if hasattr(trainer, attribute):
            held[name] = getattr(trainer, attribute)
    if hasattr(trainer, "auxk_alpha"):
        held["auxiliaryCoefficient"] = trainer.auxk_alpha
        held["k"] = trainer.ae.k.item()
    return held


def terms(trainer, x: torch.Tensor, step: int) -> dict:
    """The library's loss terms of a step, from its own loss(..., logging=True) on a copy of the trainer.

    On a copy, because that call counts tokens, moves thresholds and fills p-annealing's queue a second time.
    """
    logged = {id(value): value for value in vars(trainer).values() if isinstance(value, torch.Tensor) and not value.is_leaf}
    shadow = copy.deepcopy(trainer, logged)  # losses that the trainer keeps for its log cannot be copied, and need not be
    held = controls(trainer, step)
    with torch.no_grad():
        log = type(trainer).loss(shadow, x, step=step, logging=True)
    x_hat, latents, losses = log[1], log[2], log[3]
    weight = held.get("sparsityCoefficient", 0) * held.get("sparsityScale", 0)
    raw = {}
    if "lp_loss" in losses:
        weighted = {"reconstruction": (x - x_hat).pow(2).sum(dim=-1).mean().item()}
        weighted["sparsity"] = losses["sparsity_loss"] if "sparsity_loss" in losses else losses["scaled_lp_loss"]
        raw["sparsity"] = losses["lp_loss"]
    elif "sparsity_loss" in losses:
        weighted = {"reconstruction": losses["mse_loss"], "sparsity": weight * losses["sparsity_loss"]}
        raw["sparsity"] = losses["sparsity_loss"]
    elif "auxk_loss" in losses:
        weighted = {"reconstruction": losses["l2_loss"], "auxiliary": trainer.auxk_alpha * losses["auxk_loss"]}
        raw["auxiliary"] = losses["auxk_loss"]
        before = shadow.pre_norm_auxk_loss
        raw["auxiliaryBeforeNormalising"] = before.item() if isinstance(before, torch.Tensor) else None
    else:
        # JumpReluTrainer logs no sparsity term; its latents give the L0 that it uses.
        l0 = (latents > trainer.ae.threshold).float().sum(dim=-1).mean().item()
        raw["sparsity"] = (l0 / trainer.target_l0 - 1) ** 2
        weighted = {"reconstruction": losses["l2_loss"], "sparsity": weight * raw["sparsity"]}
    if "aux_loss" in losses:
        weighted["auxiliary"] = losses["aux_loss"]
    return {
        "terms": weighted,
        "rawTerms": raw,
        "controls": held,
        "l0": (latents > 0).float().sum(dim=-1).mean().item(),
        **({"deadLatents": max(shadow.dead_features, 0)} if hasattr(shadow, "dead_features") else {}),
    }


def run(case: Case, batches: np.ndarray, inference_x: np.ndarray) -> dict:
    trainer = build(case)
    assign(trainer.ae, moved(case, parameters(trainer.ae)))
    recorder = Recorder(trainer.ae, trainer.optimizer, {0, case.later_step})
    library_loss = trainer.loss

    def watched_loss(x, step, **more):
        recorder.begin(step, buffers(trainer))
        recorder.note(**terms(trainer, x, step))
        loss = library_loss(x, step=step, **more)
        recorder.note(loss=loss.item())
        if hasattr(trainer, "sparsity_queue"):
            recorder.note(sparsityQueue=list(trainer.sparsity_queue))
        return loss

    trainer.loss = watched_loss
    with ClipRecorder(recorder):
        for step, batch in enumerate(batches):
            if case.k_schedule:
                trainer.ae.k.fill_(case.k_schedule[step])
            trainer.update(step, torch.from_numpy(batch.copy()))
            after = buffers(trainer)
            if "threshold" in after:
                recorder.note(thresholdAfter=after["threshold"].item())
    return {
        "recorder": recorder,
        "final": parameters(trainer.ae),
        "finalBuffers": buffers(trainer),
        "finalControls": controls(trainer, case.n_steps),
        "inference": inference(trainer.ae, torch.from_numpy(inference_x), case),
        "optimizer": trainer.optimizer,
        "schedules": {
            name: getattr(trainer, attribute).tolist()
            for attribute, name in (("sparsity_update_steps", "pUpdateSteps"), ("p_values", "pValues"))
            if hasattr(trainer, attribute)
        },
    }


@torch.no_grad()
def inference(model, x: torch.Tensor, case: Case) -> Arrays:
    latents = model.encode(x)
    made = {"x": x, "latents": latents, "xHat": model.decode(latents)}
    assert torch.equal(made["xHat"], model(x))
    if case.architecture == "topk" and not case.k_schedule:
        made["latentsByThreshold"] = model.encode(x, use_threshold=True)
    return {name: value.numpy().copy() for name, value in made.items()}
