"""What the first request fixes for the life of the process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The `init` request under Python names."""

    d_in: int
    d_sae: int
    batch_size: int
    k: int
    threads: int
    seed: int
    variant: str
    clip: bool
    """Clip all gradients together to norm 1, where a step does not say. The libraries' own trainers always do."""
    batches: str
    """Path of raw little-endian float32 rows, [nBatches * batchSize, dIn], already scaled."""
    lr: float = 3e-4
    l1: float = 1e-2
    """Weight of the penalty of `relu-l1`."""
    l0: float = 1e-2
    """Weight of the penalty of `jumprelu`."""
    encoder_bias: float = 0
    """Every encoder bias of the dense variants at the start."""
    threshold: float = 1e-3
    """Every threshold of `jumprelu` at the start."""
    bandwidth: float = 1e-3
    """Width of the rectangle that gives thresholds a gradient."""


NAMES = {"dIn": "d_in", "dSae": "d_sae", "batchSize": "batch_size", "encoderBias": "encoder_bias"}


def settings_of(request: dict) -> Settings:
    """Settings from an `init` request; a missing or unknown field is an error."""
    fields = {NAMES.get(name, name): value for name, value in request.items() if name != "op"}
    try:
        return Settings(**fields)
    except TypeError as error:
        raise ValueError(f"init: {error}") from None
