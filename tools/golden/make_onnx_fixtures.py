"""Makes fixtures/onnx: tiny models with seeded weights, written as ONNX by the exporters that people use, beside the residual
stream that PyTorch had. Run tools/golden/make.sh onnx [part of a case name]."""

import json
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnx_export
import torch
import transformers
from onnx_cases import CASES, Case
from onnx_models import MODELS, build, inputs_of
from onnx_record import record
from onnx_run import feeds_of, largest_difference, session_of, where_found
from safetensors.numpy import save_file

TARGET = Path(__file__).resolve().parents[2] / "fixtures/onnx"
SEED = 20250611
LIBRARIES = ("torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxscript", "onnxruntime")


def expected_of(case: Case) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The inputs, and what PyTorch makes of them in float32."""
    spec, inputs = MODELS[case.model], inputs_of(case.model, SEED + 1)
    recorded = record(build(case.model, SEED), spec, inputs)
    return ({k: v.numpy() for k, v in inputs.items()}, {k: v.numpy() for k, v in recorded.items()})


def export(case: Case, folder: Path) -> dict:
    """Writes the model; what the exporter has to say of it goes into fixture.json."""
    spec, inputs = MODELS[case.model], inputs_of(case.model, SEED + 1)
    model = build(case.model, SEED)
    with onnx_export.quietly():
        if case.exporter == "torchscript":
            onnx_export.torchscript(model, spec, inputs, folder, case.opset)
        elif case.exporter == "dynamo":
            onnx_export.dynamo(model, spec, inputs, folder, case.opset)
        elif case.exporter == "optimum":
            onnx_export.optimum(model, case.task, folder, case.opset)
        else:
            return derive(case, folder)
    return {}


def derive(case: Case, folder: Path) -> dict:
    """A file made from the file of another case, which is exported anew."""
    with tempfile.TemporaryDirectory() as scratch:
        export(CASES[case.source], Path(scratch))
        source = Path(scratch) / "model.onnx"
        if case.exporter == "optimizer":
            return {"fused": onnx_export.optimizer(source, MODELS[case.model], folder, case.model_type)}
        getattr(onnx_export, case.exporter)(source, folder)
    return {}


def describe(case: Case, path: Path, inputs: dict, more: dict, difference: float) -> dict:
    proto = onnx.load(path, load_external_data=False)
    spec = MODELS[case.model]
    return {
        "format": "plumbline-golden-onnx",
        "version": 1,
        "script": "tools/golden/make_onnx_fixtures.py",
        "seed": SEED,
        "libraries": {library: version(library).split("+")[0] for library in LIBRARIES},
        "model": spec.class_name,
        "block": spec.order,
        "exporter": case.exporter,
        **({"source": case.source} if case.source else {}),
        "opsets": {opset.domain or "ai.onnx": opset.version for opset in proto.opset_import},
        "producer": f"{proto.producer_name} {proto.producer_version}".strip(),
        "nNodes": len(proto.graph.node),
        "inputs": {wanted.name: wanted.shape for wanted in session_of(path).get_inputs()},
        "outputs": [output.name for output in proto.graph.output],
        "recordedInputs": list(inputs),
        "recordedOutput": spec.output,
        "tolerance": case.tolerance,
        "outputDifference": difference,
        **more,
        "notes": list(case.notes),
    }


def make(name: str, case: Case) -> None:
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    more = export(case, folder)
    inputs, expected = expected_of(case)
    output = MODELS[case.model].output
    path = folder / "model.onnx"
    feeds = feeds_of(session_of(path), inputs)
    taken = {key: value for key, value in feeds.items() if not key.startswith("past_key_values")}
    rows = inputs["attention_mask"] if "attention_mask" in inputs else np.ones(expected[output].shape[:1])
    difference = largest_difference(path, feeds, output, expected[output], rows)
    assert difference <= case.tolerance, f"{name}: {output} differs by {difference}"

    integers = {key: value.astype(np.int32) for key, value in {**inputs, **taken}.items() if value.dtype == np.int64}
    floats = {key: value for key, value in inputs.items() if value.dtype == np.float32}
    arrays = {**integers, **floats, **expected}
    save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, folder / "expected.safetensors")
    build(case.model, SEED).config.save_pretrained(folder)
    more["tensors"] = where_found(path, feeds, expected, rows, case.tolerance)
    description = describe(case, path, {**integers, **floats}, more, difference)
    (folder / "fixture.json").write_text(json.dumps(description, indent=1) + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1024
    print(f"{name}: {description['nNodes']} nodes, {size:.0f} KiB, {output} within {difference:.1e}", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = []
    for name, case in CASES.items():
        if wanted in name:
            try:
                make(name, case)
            except Exception as error:
                failed.append(name)
                print(f"{name}: {type(error).__name__}: {str(error)[:2000]}", file=sys.stderr, flush=True)
    if failed:
        sys.exit(f"onnx fixtures: {len(failed)} could not be made: {', '.join(failed)}")


main()
