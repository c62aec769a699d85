"""Records a model's residual stream with forward hooks, under TransformerLens' names, and checks what was recorded against
itself and against the hidden states that transformers returns."""

import torch
from onnx_models import Model

Tensors = dict[str, torch.Tensor]
CLOSE = 1e-5
PLACES = ("resid_pre", "attn_out", "resid_mid", "normalized_resid_mid", "mlp_out", "resid_post", "normalized_resid_post")


def first(value):
    return value[0] if isinstance(value, tuple) else value


def tapped(module: torch.nn.Module, side: str, into: Tensors, name: str):
    def hook(_module, args, kwargs, output) -> None:
        value = first(output) if side == "output" else (args[0] if args else kwargs["hidden_states"])
        into[name] = value.detach().clone()

    return module.register_forward_hook(hook, with_kwargs=True)


def record(model: torch.nn.Module, spec: Model, inputs: Tensors) -> Tensors:
    """`blocks.{i}.hook_*` and the model's output, from one pass; the checks are part of it."""
    seen: Tensors = {}
    blocks = model.get_submodule(spec.blocks)
    handles = []
    for index, block in enumerate(blocks):
        taps = {"resid_pre": ("", "input"), "resid_post": ("", "output"), **spec.taps}
        for place, (part, side) in taps.items():
            name = f"blocks.{index}.hook_{place}"
            handles.append(tapped(block.get_submodule(part), side, seen, name))
    if spec.final_norm:
        for side in ("input", "output"):
            handles.append(tapped(model.get_submodule(spec.final_norm), side, seen, f"final {side}"))
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True, return_dict=True)
    for handle in handles:
        handle.remove()
    shape = seen["blocks.0.hook_resid_pre"].shape
    # OPT's MLP works on rows.
    recorded = {name: value.reshape(shape) for name, value in seen.items()}
    check(recorded, spec, output, len(blocks))
    blocks_only = {name: value for name, value in recorded.items() if name.startswith("blocks.")}
    return {**blocks_only, spec.output: output[spec.output]}


def same(what: str, left: torch.Tensor, right: torch.Tensor) -> None:
    difference = (left - right).abs().max().item()
    assert difference <= CLOSE, f"{what}: differs by {difference}"


def check(recorded: Tensors, spec: Model, output, n_blocks: int) -> None:
    hidden = output.hidden_states
    for index in range(n_blocks):
        at = {place: recorded.get(f"blocks.{index}.hook_{place}") for place in PLACES}
        same(f"hidden_states[{index}]", at["resid_pre"], hidden[index])
        if spec.order == "parallel":
            same(f"resid_post of {index}", at["resid_post"], at["resid_pre"] + at["attn_out"] + at["mlp_out"])
        else:
            same(f"resid_mid of {index}", at["resid_mid"], at["resid_pre"] + at["attn_out"])
            between = "normalized_resid_mid" if spec.order == "post-norm" else "resid_mid"
            same(f"resid_post of {index}", at["resid_post"], at[between] + at["mlp_out"])
        end = at["normalized_resid_post"] if spec.order == "post-norm" else at["resid_post"]
        if index + 1 < n_blocks:
            same(f"resid_pre of {index + 1}", recorded[f"blocks.{index + 1}.hook_resid_pre"], end)
        elif spec.order == "post-norm":
            same("the last hidden state", hidden[-1], end)
        else:
            same("the input of the final norm", recorded["final input"], end)
            # Of decoders transformers returns the last hidden state after the final norm, of ViT before it.
            same("the last hidden state", hidden[-1], end if spec.is_vision else recorded["final output"])
