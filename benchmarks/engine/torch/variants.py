"""The variants by name: how many large matrix products a step has, and how to make that step."""

from dataclasses import dataclass
from typing import Callable

import torch

from dense_model import AlignedSae, DenseSae, Infer, batch_top_k, top_k, top_k_sparse
from dense_step import dense_training
from jump_relu import JumpReluSae
from library_steps import dictionary_learning_training, sae_lens_training
from settings import Settings
from training import Training


@dataclass(frozen=True)
class Variant:
    gemms: int
    """Products of the size batchSize * dIn * dSae in a step, forward and backward."""
    make: Callable[[Settings, torch.Tensor], Training]
    """The training, from the settings and the first batch, which gives the dense variants their decoder bias."""
    always_clips: bool = False


def dense(
    sae_class: type[DenseSae],
    select: Callable[[int], Callable],
    *,
    infer: Callable[[int], Infer] | None = None,
    centred: bool = True,
    l1: bool = False,
):
    """A maker of dense trainings."""

    def make(settings: Settings, first_batch: torch.Tensor) -> Training:
        penalty = settings.l1 if l1 else 0
        sae = sae_class(settings, first_batch, select(settings.k), centred=centred, l1=penalty)
        return dense_training(sae, settings, infer and infer(settings.k))

    return make


VARIANTS = {
    "topk-dense": Variant(6, dense(DenseSae, top_k, infer=top_k_sparse)),
    "topk-dense-5": Variant(5, dense(DenseSae, top_k, infer=top_k_sparse, centred=False)),
    "topk-aligned": Variant(6, dense(AlignedSae, top_k, infer=top_k_sparse)),
    "batch-topk": Variant(6, dense(DenseSae, batch_top_k)),
    "relu-l1": Variant(6, dense(DenseSae, lambda _k: torch.relu, l1=True)),
    "jumprelu": Variant(6, lambda settings, first: dense_training(JumpReluSae(settings, first), settings)),
    "dictionary-learning": Variant(6, lambda settings, _: dictionary_learning_training(settings), always_clips=True),
    "sae-lens": Variant(6, lambda settings, _: sae_lens_training(settings, sparse=False), always_clips=True),
    "sae-lens-sparse": Variant(4, lambda settings, _: sae_lens_training(settings, sparse=True), always_clips=True),
}
