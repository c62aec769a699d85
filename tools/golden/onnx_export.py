"""The ways in which people get an ONNX file from a model, one function each; all write `folder`/model.onnx."""

import contextlib
import inspect
import io
import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnx_models import Model

EXTERNAL = "model.onnx_data"


def axes_of(names: list[str], spec: Model) -> dict[str, dict[int, str]]:
    if spec.is_vision:
        return {name: {0: "batch_size"} for name in names}
    return {name: {0: "batch_size"} if name == "pooler_output" else {0: "batch_size", 1: "sequence_length"} for name in names}


def outputs_of(model: torch.nn.Module, spec: Model) -> list[str]:
    return [spec.output, "pooler_output"] if getattr(model, "pooler", None) is not None else [spec.output]


def plain(model: torch.nn.Module) -> None:
    """No cache among the outputs, and masks made without vmap, which the exporters of torch cannot follow: by the functions
    with which optimum exports."""
    from optimum.exporters.onnx.model_patcher import eager_mask_without_vmap
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    ALL_MASK_ATTENTION_FUNCTIONS.register("eager", eager_mask_without_vmap)
    model.config.use_cache = False


def only(model: torch.nn.Module, names: list[str]) -> None:
    """A forward() of these inputs alone. torch's older exporter fills in the defaults of all others, and what is an integer there,
    as logits_to_keep, becomes an input of the graph."""
    whole, by_name = model.forward, inspect.Parameter.POSITIONAL_OR_KEYWORD

    def forward(*values):
        return whole(**dict(zip(names, values, strict=True)))

    forward.__signature__ = inspect.Signature([inspect.Parameter(name, by_name) for name in names])
    model.forward = forward


def torchscript(model, spec: Model, inputs: dict, folder: Path, opset: int) -> None:
    plain(model)
    only(model, list(inputs))
    names = outputs_of(model, spec)
    torch.onnx.export(
        model,
        tuple(inputs.values()),
        folder / "model.onnx",
        input_names=list(inputs),
        output_names=names,
        dynamic_axes=axes_of([*inputs, *names], spec),
        opset_version=opset,
        dynamo=False,
    )


def dynamo(model, spec: Model, inputs: dict, folder: Path, opset: int) -> None:
    plain(model)
    dims = {name: torch.export.Dim(name) for name in ("batch_size", "sequence_length")}
    # A batch of one would be taken for a constant.
    shapes = {name: {axis: dims[dim] for axis, dim in axes.items()} for name, axes in axes_of(list(inputs), spec).items()}
    program = torch.onnx.export(
        model,
        (),
        kwargs=inputs,
        input_names=list(inputs),
        output_names=outputs_of(model, spec),
        dynamic_shapes=shapes,
        opset_version=opset,
        dynamo=True,
    )
    program.save(folder / "model.onnx")
    strip(folder / "model.onnx")


def strip(path: Path) -> None:
    """Without what torch notes of Python sources: more bytes than the rest together, and it names paths of this machine.
    The scopes, as "model.layers.0.mlp", stay."""
    proto = onnx.load(path)
    graphs = [proto.graph, *proto.functions]
    for node in [node for graph in graphs for node in graph.node]:
        kept = [entry for entry in node.metadata_props if entry.key.endswith("name_scopes")]
        node.ClearField("metadata_props")
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer]:
        value.ClearField("metadata_props")
    onnx.save(proto, path)


def optimum(model, task: str, folder: Path, opset: int | None) -> None:
    from optimum.exporters.onnx import onnx_export_from_model

    with tempfile.TemporaryDirectory() as scratch:
        onnx_export_from_model(model, scratch, task=task, opset=opset, do_validation=False)
        shutil.copy(Path(scratch) / "model.onnx", folder / "model.onnx")


def optimizer(source: Path, spec: Model, folder: Path, model_type: str) -> dict[str, int]:
    """ONNX Runtime's transformer optimizer; returns how many operators of each kind it fused."""
    from onnxruntime.transformers.optimizer import optimize_model

    heads = spec.config.get("num_attention_heads") or spec.config["n_head"]
    width = spec.config.get("hidden_size") or spec.config["n_embd"]
    made = optimize_model(str(source), model_type, num_heads=heads, hidden_size=width, opt_level=0, use_gpu=False)
    made.save_model_to_file(str(folder / "model.onnx"))
    fused = made.get_fused_operator_statistics()
    return {name: count for name, count in sorted(fused.items()) if count}


def float16(source: Path, folder: Path) -> None:
    """Weights and hidden states of 16 bits; inputs and outputs keep their types."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), folder / "model.onnx")


def int8(source: Path, folder: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=False)


def external(source: Path, folder: Path) -> None:
    proto = onnx.load(source)
    (folder / EXTERNAL).unlink(missing_ok=True)
    onnx.save_model(
        proto,
        folder / "model.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=EXTERNAL,
        size_threshold=256,
    )


@contextlib.contextmanager
def quietly():
    """The exporters talk; what they say is shown when they fail."""
    said = io.StringIO()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield
    except Exception:
        print(said.getvalue())
        raise
    finally:
        logging.disable(logging.NOTSET)
