"""Makes the reference libraries importable without language models, plots and logging.

Both packages import everything they have in their `__init__`. Here the package is replaced by an empty module with the
same search path, so that the submodules that train are the installed files themselves, unchanged, and nothing else runs.

- dictionary_learning: `__init__` would import nnsight through the activation buffer. The trainers need torch and einops.
- sae_lens: the SAE classes and SAETrainer run unchanged. Replaced by empty stand-ins, because they are only imported or
  only named in annotations on this path: datasets, wandb, transformers, huggingface_hub, requests, yaml.
  transformer_lens gives two classes: HookPoint, which is the identity when no hook is set (none is), and
  HookedRootModule, whose setup() lists the hook points.
"""

import importlib.machinery
import importlib.util
import logging
import sys
from types import ModuleType

from torch import nn

COMMITS = {"dictionary-learning": None, "sae-lens": "91ca16c"}


class HookPoint(nn.Module):
    def forward(self, x):
        return x


class HookedRootModule(nn.Module):
    def setup(self):
        self.hook_dict = {name: module for name, module in self.named_modules() if isinstance(module, HookPoint)}


class StandIn(ModuleType):
    """A module in which every public name is an empty class, good enough to import, annotate and catch."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (Exception,), {})
        setattr(self, name, made)
        return made


def stand_in(name: str, **members) -> None:
    module = StandIn(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__path__ = []
    for member, value in members.items():
        setattr(module, member, value)
    sys.modules[name] = module


def shell(name: str, **members) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit(f"golden: {name} is not installed; run tools/golden/make.sh, which installs it.")
    module = ModuleType(name)
    module.__spec__ = spec
    module.__path__ = list(spec.submodule_search_locations)
    for member, value in members.items():
        setattr(module, member, value)
    sys.modules[name] = module


def install() -> None:
    from importlib.metadata import version

    for name in ("datasets", "wandb", "transformers", "requests", "yaml", "huggingface_hub", "huggingface_hub.utils"):
        stand_in(name)
    stand_in("transformer_lens")
    stand_in("transformer_lens.hook_points", HookPoint=HookPoint, HookedRootModule=HookedRootModule)
    shell("dictionary_learning", __version__=version("dictionary-learning"))
    shell("sae_lens", __version__=version("sae-lens"), logger=logging.getLogger("sae_lens"))
    register_sae_lens()


def register_sae_lens() -> None:
    """The registrations that sae_lens/__init__.py makes, for the classes used here (load_from_disk looks them up)."""
    from sae_lens import saes
    from sae_lens.registry import register_sae_class, register_sae_training_class

    for name, stem in (("standard", "Standard"), ("gated", "Gated"), ("topk", "TopK"), ("jumprelu", "JumpReLU")):
        register_sae_class(name, getattr(saes, f"{stem}SAE"), getattr(saes, f"{stem}SAEConfig"))
    for name, stem in (
        ("standard", "Standard"),
        ("gated", "Gated"),
        ("topk", "TopK"),
        ("jumprelu", "JumpReLU"),
        ("batchtopk", "BatchTopK"),
        ("matryoshka_batchtopk", "MatryoshkaBatchTopK"),
    ):
        training, config = getattr(saes, f"{stem}TrainingSAE"), getattr(saes, f"{stem}TrainingSAEConfig")
        register_sae_training_class(name, training, config)
