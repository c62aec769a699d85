"""Records what a library does while it trains: parameters, gradients, learning rate, gradient norm, losses by term."""

from dataclasses import dataclass, field

import numpy as np
import torch

from names import ours, parameters, table_of

Arrays = dict[str, np.ndarray]


@dataclass
class Snapshot:
    """One step: parameters and buffers as its forward pass saw them, its raw gradient, and the one Adam was given."""

    parameters: Arrays
    buffers: Arrays
    gradient: Arrays = field(default_factory=dict)
    gradient_used: Arrays = field(default_factory=dict)


class Recorder:
    def __init__(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer, watched: set[int]):
        self.model, self.optimizer, self.watched = model, optimizer, watched
        self.table = table_of(model)
        self.snapshots: dict[int, Snapshot] = {}
        self.steps: list[dict] = []
        for name, parameter in model.named_parameters():
            parameter.register_post_accumulate_grad_hook(self._raw_gradient(name))
        optimizer.register_step_post_hook(lambda *_: self._after_adam())

    def begin(self, step: int, buffers: Arrays) -> None:
        """To be called when the forward pass of a step begins."""
        self.steps.append({"step": step})
        if step in self.watched:
            self.snapshots[step] = Snapshot(parameters(self.model), {k: v.copy() for k, v in buffers.items()})

    def note(self, **values) -> None:
        self.steps[-1].update(values)

    @property
    def _snapshot(self) -> Snapshot | None:
        return self.snapshots.get(self.steps[-1]["step"])

    def _raw_gradient(self, name: str):
        our_name, transposed = self.table[name]

        def hook(parameter: torch.Tensor) -> None:
            # The library's own backward pass has just written .grad; projection and clipping come later.
            if self._snapshot is not None:
                self._snapshot.gradient[our_name] = ours(parameter.grad, transposed)

        return hook

    def _after_adam(self) -> None:
        # Adam leaves .grad alone, so this is what it was given. (ConstrainedAdam projects inside its step().)
        self.note(learningRate=self.optimizer.param_groups[0]["lr"])
        if self._snapshot is not None:
            for name, parameter in self.model.named_parameters():
                our_name, transposed = self.table[name]
                self._snapshot.gradient_used[our_name] = ours(parameter.grad, transposed)


class ClipRecorder:
    """Notes the norm that clip_grad_norm_ measured; both libraries call it by this attribute."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder

    def __enter__(self):
        self.original = torch.nn.utils.clip_grad_norm_

        def clip(*args, **kwargs):
            norm = self.original(*args, **kwargs)
            self.recorder.note(gradientNormBeforeClip=norm.item())
            return norm

        torch.nn.utils.clip_grad_norm_ = clip

    def __exit__(self, *_):
        torch.nn.utils.clip_grad_norm_ = self.original
