"""torch_step.py FOLDER NAME: takes the step of each case in the dense SAEs of the engine benchmark.

Reads what `files.ts` wrote, leaves gradients beside it in the folder NAME, and prints `{"device", "losses"}`.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent / "engine" / "torch"))

import torch

from dense_model import AlignedSae, DenseSae, batch_top_k, top_k
from jump_relu import JumpReluSae
from settings import Settings


class AlignedJumpReluSae(AlignedSae, JumpReluSae):
    """JumpReLU over aligned encoder rows."""


ATTRIBUTES = {
    "encoder": "encoder",
    "encoderFree": "encoder",
    "encoderBias": "encoder_bias",
    "decoder": "decoder",
    "decoderBias": "decoder_bias",
    "threshold": "threshold",
}


def settings_of(case: dict) -> Settings:
    names = {"d_in": "dIn", "d_sae": "dSae", "batch_size": "batchSize", "k": "k", "seed": "seed"}
    penalties = {name: case[name] for name in ("l1", "l0", "bandwidth")}
    given = {name: case[own] for name, own in names.items()}
    return Settings(**given, **penalties, threads=1, variant="", clip=False, batches="")


def sae_of(case: dict, batch: torch.Tensor) -> DenseSae:
    settings, aligned = settings_of(case), case["aligned"]
    if case["architecture"] == "jumprelu":
        return (AlignedJumpReluSae if aligned else JumpReluSae)(settings, batch)
    select = {"topk": top_k(settings.k), "batch-topk": batch_top_k(settings.k), "relu-l1": torch.relu}
    l1 = settings.l1 if case["architecture"] == "relu-l1" else 0
    return (AlignedSae if aligned else DenseSae)(settings, batch, select[case["architecture"]], l1=l1)


def read(path: Path, shape: torch.Size) -> torch.Tensor:
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.float32).reshape(shape)


def step(case: dict, folder: Path, out: Path) -> float:
    """The loss of one case; writes the gradient of each parameter that was given."""
    batch = read(folder / "batch.f32", torch.Size([case["batchSize"], case["dIn"]]))
    sae = sae_of(case, batch)
    given = {name: attribute for name, attribute in ATTRIBUTES.items() if (folder / f"{name}.f32").exists()}
    with torch.no_grad():
        for name, attribute in given.items():
            parameter = getattr(sae, attribute)
            parameter.copy_(read(folder / f"{name}.f32", parameter.shape))
    loss = sae.loss(batch)
    loss.backward()
    sae.project_gradient()
    out.mkdir(parents=True, exist_ok=True)
    for name, attribute in given.items():
        (out / f"{name}.f64").write_bytes(getattr(sae, attribute).grad.double().numpy().tobytes())
    return loss.item()


def main() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    cases = json.loads((folder / "cases.json").read_text())
    folders = {case["name"]: case["name"].replace(" ", "-") for case in cases}
    losses = {
        case["name"]: step(case, folder / folders[case["name"]], folder / name / folders[case["name"]]) for case in cases
    }
    print(json.dumps({"device": f"torch {torch.__version__}", "losses": losses}))


main()
