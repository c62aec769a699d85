"""The training step of the dense SAEs."""

import torch

from dense_model import DenseSae, Infer
from settings import Settings
from training import Training


def dense_training(sae: DenseSae, settings: Settings, infer: Infer | None = None) -> Training:
    """Backward, project the decoder's gradient, clip if asked to, Adam with torch's defaults, restore the constraint."""
    optimizer = torch.optim.Adam(sae.parameters(), lr=settings.lr)
    infer = infer or sae.select

    def step(x: torch.Tensor, clip: bool) -> float:
        loss = sae.loss(x)
        loss.backward()
        sae.project_gradient()
        if clip:
            torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        sae.restore()
        return loss.item()

    return Training(step, lambda x: infer(sae.pre_acts(x)))
