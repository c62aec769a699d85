"""The dense SAEs: parameters and losses, written as SAELens and dictionary_learning write them.

One latent per row: encoder and decoder are both [dSae, dIn]. Latents are a dense [batchSize, dSae] tensor, zeros included,
so decoding is a matrix product and so is every gradient; autograd does the rest.
"""

from typing import Callable

import torch
from torch import nn

from settings import Settings

Select = Callable[[torch.Tensor], torch.Tensor]
"""Latents from pre-activations, both [batchSize, dSae]."""

Infer = Callable[[torch.Tensor], torch.Tensor | tuple[torch.Tensor, torch.Tensor]]
"""What encoding hands out for pre-activations [batchSize, dSae]: latents, or values and indices of those kept."""


def top_k(k: int) -> Select:
    """The k largest of each row, negative ones set to 0, scattered into zeros."""

    def select(pre_acts: torch.Tensor) -> torch.Tensor:
        values, indices = torch.topk(pre_acts, k, dim=-1, sorted=False)
        return torch.zeros_like(pre_acts).scatter_(-1, indices, values.relu())

    return select


def top_k_sparse(k: int) -> Infer:
    """Values and indices [batchSize, k] of the k largest of each row: encoding without the dense latents."""

    def infer(pre_acts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values, indices = torch.topk(pre_acts, k, dim=-1, sorted=False)
        return values.relu(), indices

    return infer


def batch_top_k(k: int) -> Select:
    """The k * batchSize largest of the whole batch, as both libraries do it: ReLU first, then one top-k over all."""

    def select(pre_acts: torch.Tensor) -> torch.Tensor:
        flat = pre_acts.relu().flatten()
        values, indices = torch.topk(flat, k * pre_acts.shape[0], sorted=False)
        return torch.zeros_like(flat).scatter_(-1, indices, values).reshape(pre_acts.shape)

    return select


class DenseSae(nn.Module):
    """A free SAE. Decoder rows start at random with norm 1, the encoder equal to them, the decoder bias at the mean."""

    def __init__(self, settings: Settings, first_batch: torch.Tensor, select: Select, *, centred: bool = True, l1: float = 0):
        super().__init__()
        self.select, self.centred, self.l1 = select, centred, l1
        decoder = torch.randn(settings.d_sae, settings.d_in)
        decoder /= decoder.norm(dim=1, keepdim=True)
        self.decoder = nn.Parameter(decoder)
        self.encoder = nn.Parameter(self.initial_encoder(decoder))
        self.encoder_bias = nn.Parameter(torch.full((settings.d_sae,), float(settings.encoder_bias)))
        self.decoder_bias = nn.Parameter(first_batch.mean(dim=0))

    def initial_encoder(self, decoder: torch.Tensor) -> torch.Tensor:
        return decoder.clone()

    def encoder_rows(self) -> torch.Tensor:
        """The encoder [dSae, dIn] that multiplies the input."""
        return self.encoder

    def pre_acts(self, x: torch.Tensor) -> torch.Tensor:
        """[batchSize, dSae]"""
        encoder_input = x - self.decoder_bias if self.centred else x
        return nn.functional.linear(encoder_input, self.encoder_rows(), self.encoder_bias)

    def squared_error(self, latents: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Mean over the batch of the squared error of the reconstruction."""
        x_hat = latents @ self.decoder + self.decoder_bias
        return (x_hat - x).pow(2).sum(dim=-1).mean()

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        """The squared error and, where there is a penalty, the mean over the batch of the sum of latents."""
        latents = self.select(self.pre_acts(x))
        loss = self.squared_error(latents, x)
        return loss + self.l1 * latents.sum(dim=-1).mean() if self.l1 else loss

    @torch.no_grad()
    def project_gradient(self) -> None:
        """Takes from the gradient at each decoder row, of norm 1, its part along that row."""
        gradient, rows = self.decoder.grad, self.decoder
        gradient -= (gradient * rows).sum(dim=1, keepdim=True) * rows

    @torch.no_grad()
    def restore(self) -> None:
        """Puts decoder rows back at norm 1 after the optimizer has moved them."""
        self.decoder /= self.decoder.norm(dim=1, keepdim=True)


class AlignedSae(DenseSae):
    """An SAE whose encoder rows e = v + (1 - <v, d>) d have <e, d> = 1. The parameter `encoder` holds v, kept off d."""

    def initial_encoder(self, decoder: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(decoder)

    def encoder_rows(self) -> torch.Tensor:
        free, rows = self.encoder, self.decoder
        return free + (1 - (free * rows).sum(dim=1, keepdim=True)) * rows

    @torch.no_grad()
    def restore(self) -> None:
        super().restore()
        self.encoder -= (self.encoder * self.decoder).sum(dim=1, keepdim=True) * self.decoder
