"""Runs an exported file with ONNX Runtime and compares it with what PyTorch gave."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}


def session_of(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def feeds_of(session: onnxruntime.InferenceSession, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs the graph asks for: an empty past, positions from 0."""
    batch = next(iter(inputs.values())).shape[0]
    feeds = {}
    for wanted in session.get_inputs():
        dtype = TYPES[wanted.type]
        if wanted.name.startswith("past_key_values"):
            # [batch, heads, past tokens, width of a head]
            feeds[wanted.name] = np.zeros((batch, wanted.shape[1], 0, wanted.shape[3]), dtype)
        elif wanted.name == "position_ids":
            feeds[wanted.name] = np.tile(np.arange(inputs["input_ids"].shape[1], dtype=dtype), (batch, 1))
        else:
            feeds[wanted.name] = inputs[wanted.name].astype(dtype)
    return feeds


def largest_difference(path: Path, feeds: dict, output: str, expected: np.ndarray, rows: np.ndarray) -> float:
    """Over the places that are not padding (`rows`, a mask that broadcasts over the output)."""
    (got,) = session_of(path).run([output], feeds)
    assert got.shape == expected.shape, f"{path}: shape {got.shape}, expected {expected.shape}"
    return float(np.abs(got.astype(np.float32) - expected)[rows.astype(bool)].max())


def where_found(path: Path, feeds: dict, expected: dict[str, np.ndarray], rows: np.ndarray, tolerance: float) -> dict:
    """By the numbers alone: the tensor of the graph that is nearest to each recorded one; null where none is within `tolerance`."""
    proto = onnx.load(path)
    known = {output.name for output in proto.graph.output}
    every = [name for node in proto.graph.node for name in node.output if name]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in every if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    arrays = dict(zip(every, session.run(every, feeds), strict=True))
    found = {}
    for name, wanted in expected.items():
        alike = {k: a for k, a in arrays.items() if a.shape == wanted.shape and a.dtype in (np.float32, np.float16)}
        # The mask is of tokens; images have none.
        real = rows.astype(bool) if rows.ndim > 1 else slice(None)
        far = {k: float(np.abs(a.astype(np.float32) - wanted)[real].max()) for k, a in alike.items()}
        nearest = min(far, key=far.get, default=None)
        found[name] = nearest if nearest is not None and far[nearest] <= tolerance else None
    return found
