"""The Python side of the extraction benchmark: hidden states of an ONNX model as numpy arrays, by ONNX Runtime as it comes.

    pip install onnxruntime onnx numpy
    python python_onnxruntime.py model.onnx --tensor NAME [--tensor NAME] --batch 8 --length 128 --threads 2

It does what an extraction in Python does: the hidden tensors are made outputs of the graph, the model runs on random token ids
with all graph optimizations, the tensors come back as numpy arrays and are, if asked, appended raw to a file. Only the hidden
tensors are asked for, and ONNX Runtime may still compute what no output needs.

When ready it prints {"event": "ready", …}. It then reads commands from standard input, so that another process can take turns
with it: "run" makes one timed run and prints {"event": "run", …}; "exit" or the end of input ends it. With --runs N it makes N
runs instead and prints one line {"event": "runs", …}. Times are seconds; every run has new token ids.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32, "tensor(float16)": np.float16}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--tensor", action="append", required=True, help="name of a tensor in the graph; may be repeated")
    parser.add_argument("--batch", type=int, default=8, help="sequences a pass")
    parser.add_argument("--length", type=int, default=128, help="tokens a sequence")
    parser.add_argument("--passes", type=int, default=1, help="passes of the model in one timed run")
    parser.add_argument("--threads", type=int, default=0, help="intra_op_num_threads; 0 leaves it to ONNX Runtime")
    parser.add_argument("--warmup", type=int, default=2, help="runs before the first timed one")
    parser.add_argument("--runs", type=int, help="make so many runs and end, instead of reading commands")
    parser.add_argument("--vocabulary", type=int, default=0, help="token ids are below this; 0 reads it from config.json")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help="append the tensors to this file, raw, in the order given")
    return parser.parse_args()


def processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def element_types(proto: onnx.ModelProto) -> dict[str, int]:
    """What shape inference knows of the types of the tensors."""
    inferred = onnx.shape_inference.infer_shapes(proto)
    values = [*inferred.graph.value_info, *inferred.graph.output]
    return {value.name: value.type.tensor_type.elem_type for value in values}


def vocabulary_of(model: Path) -> int:
    """From the config.json beside the model or one folder up, as on Hugging Face."""
    for folder in (model.resolve().parent, model.resolve().parent.parent):
        if (folder / "config.json").exists():
            size = json.loads((folder / "config.json").read_text()).get("vocab_size")
            if size:
                return size
    sys.exit("python_onnxruntime: no config.json near the model tells the size of the vocabulary; give --vocabulary")


def exposed(path: Path, names: list[str]) -> onnx.ModelProto:
    """The graph with `names` as its only outputs."""
    proto = onnx.load(path, load_external_data=False)
    made = {output for node in proto.graph.node for output in node.output}
    unknown = [name for name in names if name not in made]
    if unknown:
        sys.exit(f"python_onnxruntime: no node makes {', '.join(unknown)}")
    # A type that inference does not find is left out, and ONNX Runtime finds it.
    known = element_types(proto)
    del proto.graph.output[:]
    for name in names:
        value = proto.graph.output.add()
        value.name = name
        if known.get(name):
            value.type.tensor_type.elem_type = known[name]
    return proto


class Extraction:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.rng = np.random.default_rng(options.seed)
        proto = exposed(options.model, options.tensor)
        self.vocabulary = options.vocabulary or vocabulary_of(options.model)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        settings.log_severity_level = 3
        folder = str(options.model.resolve().parent)
        settings.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
        self.session = onnxruntime.InferenceSession(proto.SerializeToString(), settings, providers=["CPUExecutionProvider"])
        self.fixed = {w.name: self.fixed_input(w) for w in self.session.get_inputs() if w.name != "input_ids"}
        if options.write:
            options.write.write_bytes(b"")

    def fixed_input(self, wanted) -> np.ndarray:
        batch, length = self.options.batch, self.options.length
        dtype = TYPES[wanted.type]
        if wanted.name.startswith("past_key_values"):
            return np.zeros((batch, wanted.shape[1], 0, wanted.shape[3]), dtype)
        if wanted.name == "position_ids":
            return np.tile(np.arange(length, dtype=dtype), (batch, 1))
        if wanted.name in ("attention_mask", "token_type_ids"):
            return np.full((batch, length), wanted.name == "attention_mask", dtype)
        sys.exit(f"python_onnxruntime: what to give as {wanted.name} is not known")

    def tokens(self) -> list[np.ndarray]:
        shape = (self.options.batch, self.options.length)
        return [self.rng.integers(0, self.vocabulary, shape, dtype=np.int64) for _ in range(self.options.passes)]

    def run(self) -> dict:
        """One run, timed from token ids to arrays in memory or, with --write, in the file."""
        passes = self.tokens()
        wall, processor_time, size = time.perf_counter(), time.process_time(), 0
        for ids in passes:
            found = self.session.run(self.options.tensor, {"input_ids": ids, **self.fixed})
            size += sum(array.nbytes for array in found)
            if self.options.write:
                with self.options.write.open("ab") as file:
                    for array in found:
                        file.write(np.ascontiguousarray(array).data)
        seconds, cpu = time.perf_counter() - wall, time.process_time() - processor_time
        checksum = float(np.abs(found[0][0, -1].astype(np.float64)).sum())
        n_tokens = sum(ids.size for ids in passes)
        return {"tokens": n_tokens, "seconds": seconds, "cpuSeconds": cpu, "bytes": size, "checksum": checksum}


def say(event: str, **fields) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def main() -> None:
    options = arguments()
    started = time.perf_counter()
    extraction = Extraction(options)
    loaded = time.perf_counter() - started
    for _ in range(options.warmup):
        extraction.run()
    about = {
        "model": str(options.model),
        "tensors": options.tensor,
        "batch": options.batch,
        "length": options.length,
        "passes": options.passes,
        "threads": options.threads,
        "seed": options.seed,
        "loadSeconds": loaded,
        "versions": {"python": platform.python_version(), "onnxruntime": onnxruntime.__version__, "numpy": np.__version__},
        "cpu": processor(),
    }
    if options.runs is not None:
        runs = [extraction.run() for _ in range(options.runs)]
        columns = {key: [run[key] for run in runs] for key in ("seconds", "cpuSeconds")}
        say("runs", tokens=extraction.options.batch * options.length * options.passes, **columns, **about)
        return
    say("ready", **about)
    for line in sys.stdin:
        if line.strip() == "exit":
            return
        if line.strip() == "run":
            say("run", **extraction.run())
        elif line.strip():
            say("error", message=f"unknown command {line.strip()!r}; known: run, exit")


main()
