"""What a variant gives the worker."""

from dataclasses import dataclass
from typing import Callable

import torch


@dataclass(frozen=True)
class Training:
    """One SAE in training."""

    step: Callable[[torch.Tensor, bool], float]
    """One training step on a batch [batchSize, dIn], its gradients clipped or not; returns its loss."""
    encode: Callable[[torch.Tensor], object]
    """Latents of a batch [batchSize, dIn], in the form that the variant has them in. Called without gradients."""
