"""Batches from a file of raw float32 rows."""

import os

import numpy as np

from settings import Settings


class RowFile:
    """Reads one batch at a time, in file order, from the start again after the last.

    There is one buffer, and every batch overwrites the one before: the process holds a single batch, as a training loop
    does, and never the file.
    """

    def __init__(self, settings: Settings):
        self.buffer = np.empty((settings.batch_size, settings.d_in), dtype="<f4")
        size = os.path.getsize(settings.batches)
        if size == 0 or size % self.buffer.nbytes != 0:
            raise ValueError(
                f"init: {settings.batches} has {size} bytes, which is no multiple of a batch, "
                f"{settings.batch_size} rows of {settings.d_in} float32 ({self.buffer.nbytes} bytes)"
            )
        self.file = open(settings.batches, "rb", buffering=0)

    def next(self) -> np.ndarray:
        """The next batch [batchSize, dIn]. The array is valid until the next call."""
        view = memoryview(self.buffer).cast("B")
        filled = 0
        while filled < len(view):
            n_read = self.file.readinto(view[filled:])
            if n_read == 0:
                self.file.seek(0)
            filled += n_read
        return self.buffer

    def rewind(self) -> None:
        """The next batch is the first again."""
        self.file.seek(0)
