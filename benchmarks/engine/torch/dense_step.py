"""The training step of the dense SAEs."""

from typing import Callable

import torch

from dense_model import DenseSae
from settings import Settings

Step = Callable[[torch.Tensor], float]
"""One training step on a batch [batchSize, dIn]; returns its loss."""


def dense_step(sae: DenseSae, settings: Settings) -> Step:
    """Backward, project the decoder's gradient, clip if asked to, Adam with torch's defaults, restore the constraint."""
    optimizer = torch.optim.Adam(sae.parameters(), lr=settings.lr)

    def step(x: torch.Tensor) -> float:
        loss = sae.loss(x)
        loss.backward()
        sae.project_gradient()
        if settings.clip:
            torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        sae.restore()
        return loss.item()

    return step
