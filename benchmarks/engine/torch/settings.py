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
    """Clip all gradients together to norm 1. The libraries' own trainers always do."""
    batches: str
    """Path of raw little-endian float32 rows, [nBatches * batchSize, dIn], already scaled."""
    lr: float = 3e-4
    l1: float = 1e-2
    """Weight of the penalty of `relu-l1`."""


NAMES = {"dIn": "d_in", "dSae": "d_sae", "batchSize": "batch_size"}


def settings_of(request: dict) -> Settings:
    """Settings from an `init` request; a missing or unknown field is an error."""
    fields = {NAMES.get(name, name): value for name, value in request.items() if name != "op"}
    try:
        return Settings(**fields)
    except TypeError as error:
        raise ValueError(f"init: {error}") from None
