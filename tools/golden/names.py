"""The border between the libraries' parameter names and ours. Ours hold one latent per row.

A library name maps to (our name, whether the library stores the transpose).
"""

import numpy as np
import torch

TABLES = {
    "AutoEncoder": {
        "bias": ("decoderBias", False),
        "encoder.weight": ("encoder", False),
        "encoder.bias": ("encoderBias", False),
        "decoder.weight": ("decoder", True),
    },
    "GatedAutoEncoder": {
        "decoder_bias": ("decoderBias", False),
        "r_mag": ("magnitudeScale", False),
        "gate_bias": ("gateBias", False),
        "mag_bias": ("magnitudeBias", False),
        "encoder.weight": ("encoder", False),
        "decoder.weight": ("decoder", True),
    },
    "AutoEncoderTopK": {
        "b_dec": ("decoderBias", False),
        "encoder.weight": ("encoder", False),
        "encoder.bias": ("encoderBias", False),
        "decoder.weight": ("decoder", True),
    },
    "JumpReluAutoEncoder": {
        "W_enc": ("encoder", True),
        "b_enc": ("encoderBias", False),
        "W_dec": ("decoder", False),
        "b_dec": ("decoderBias", False),
        "threshold": ("threshold", False),
    },
    "sae_lens": {
        "W_enc": ("encoder", True),
        "b_enc": ("encoderBias", False),
        "W_dec": ("decoder", False),
        "b_dec": ("decoderBias", False),
        "log_threshold": ("logThreshold", False),
        "threshold": ("threshold", False),
        "b_gate": ("gateBias", False),
        "b_mag": ("magnitudeBias", False),
        "r_mag": ("magnitudeScale", False),
    },
}
TABLES["BatchTopKSAE"] = TABLES["AutoEncoderTopK"]
TABLES["MatryoshkaBatchTopKSAE"] = {k: v for k, v in TABLES["JumpReluAutoEncoder"].items() if k != "threshold"}


def table_of(model: torch.nn.Module) -> dict[str, tuple[str, bool]]:
    table = TABLES["sae_lens"] if type(model).__module__.startswith("sae_lens") else TABLES[type(model).__name__]
    return {name: table[name] for name, _ in model.named_parameters()}


def ours(array: torch.Tensor, transposed: bool) -> np.ndarray:
    copy = array.detach().to("cpu", copy=True).numpy()
    return np.ascontiguousarray(copy.T if transposed else copy)


def parameters(model: torch.nn.Module) -> dict[str, np.ndarray]:
    table = table_of(model)
    return {table[name][0]: ours(value, table[name][1]) for name, value in model.named_parameters()}


def assign(model: torch.nn.Module, values: dict[str, np.ndarray]) -> None:
    table = table_of(model)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            our_name, transposed = table[name]
            value = torch.from_numpy(np.ascontiguousarray(values[our_name].T if transposed else values[our_name]))
            assert value.shape == parameter.shape, (name, value.shape, parameter.shape)
            parameter.copy_(value.to(parameter.dtype))
