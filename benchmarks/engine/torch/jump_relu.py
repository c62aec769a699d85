"""The JumpReLU SAE with a target for L0, its pseudo-gradients as dictionary_learning writes them.

A latent is its pre-activation where that is over a threshold of its own, else 0. The threshold gets its gradient through a
rectangle of width `bandwidth` around it (Rajamanoharan et al. 2024, arXiv 2407.14435).
"""

import torch
from torch import nn

from dense_model import DenseSae
from settings import Settings


def near(pre_acts: torch.Tensor, threshold: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """1 where a pre-activation is within half a bandwidth of its threshold, else 0."""
    return ((pre_acts - threshold).abs() < bandwidth / 2).float()


class JumpRelu(torch.autograd.Function):
    """Latents from pre-activations [batchSize, dSae] and thresholds [dSae]."""

    @staticmethod
    def forward(ctx, pre_acts, threshold, bandwidth):
        ctx.save_for_backward(pre_acts, threshold)
        ctx.bandwidth = bandwidth
        return pre_acts * (pre_acts > threshold).float()

    @staticmethod
    def backward(ctx, gradient):
        pre_acts, threshold = ctx.saved_tensors
        of_pre_acts = (pre_acts > threshold).float() * gradient
        of_threshold = -(threshold / ctx.bandwidth) * near(pre_acts, threshold, ctx.bandwidth) * gradient
        return of_pre_acts, of_threshold.sum(dim=0), None


class StepOver(torch.autograd.Function):
    """1 where a pre-activation is over its threshold, else 0; only thresholds get a gradient."""

    @staticmethod
    def forward(ctx, pre_acts, threshold, bandwidth):
        ctx.save_for_backward(pre_acts, threshold)
        ctx.bandwidth = bandwidth
        return (pre_acts > threshold).float()

    @staticmethod
    def backward(ctx, gradient):
        pre_acts, threshold = ctx.saved_tensors
        of_threshold = -(1 / ctx.bandwidth) * near(pre_acts, threshold, ctx.bandwidth) * gradient
        return None, of_threshold.sum(dim=0), None


class JumpReluSae(DenseSae):
    """A free SAE; the penalty is ((L0 of the batch / k) - 1)^2."""

    def __init__(self, settings: Settings, first_batch: torch.Tensor):
        super().__init__(settings, first_batch, self.select_over_thresholds)
        self.threshold = nn.Parameter(torch.full((settings.d_sae,), float(settings.threshold)))
        self.bandwidth, self.weight, self.target = settings.bandwidth, settings.l0, settings.k

    def select_over_thresholds(self, pre_acts: torch.Tensor) -> torch.Tensor:
        return JumpRelu.apply(pre_acts, self.threshold, self.bandwidth)

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        pre_acts = self.pre_acts(x)
        l0 = StepOver.apply(pre_acts, self.threshold, self.bandwidth).sum(dim=-1).mean()
        return self.squared_error(self.select(pre_acts), x) + self.weight * (l0 / self.target - 1).pow(2)
