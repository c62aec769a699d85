"""The cases of fixtures/onnx: which model, written by which exporter, and what to know of the file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`tolerance` bounds how far ONNX Runtime's output may be from PyTorch's, where there is no padding."""

    model: str
    exporter: str
    opset: int | None = None
    task: str = ""
    source: str = ""
    model_type: str = ""
    tolerance: float = 1e-4
    notes: tuple[str, ...] = ()


def torchscript(model: str, opset: int = 17, *notes: str) -> Case:
    return Case(model, "torchscript", opset, notes=notes)


def dynamo(model: str) -> Case:
    return Case(model, "dynamo", 18)


def optimized(source: str, model: str, model_type: str, *notes: str) -> Case:
    return Case(model, "optimizer", source=source, model_type=model_type, notes=notes)


CASES: dict[str, Case] = {
    "gpt2": torchscript("gpt2", 14),
    "gpt-neox": torchscript("gpt-neox"),
    "gpt-neox-sequential": torchscript("gpt-neox-sequential"),
    "llama": torchscript("llama"),
    "qwen2": torchscript("qwen2"),
    "qwen3": torchscript("qwen3"),
    "gemma": torchscript("gemma"),
    "gemma2": torchscript("gemma2"),
    "phi": torchscript("phi"),
    "opt": torchscript("opt", 17, "the MLP works on rows [2 * T, d]: its output has no tensor [2, T, d]"),
    "bert": torchscript("bert"),
    "minilm": torchscript("minilm", 14),
    "bert-mlm": torchscript("bert-mlm"),
    "distilbert": torchscript("distilbert"),
    "vit": torchscript("vit"),
    "vit-classifier": torchscript("vit-classifier", 14),
    "gpt2-dynamo": dynamo("gpt2"),
    "llama-dynamo": dynamo("llama"),
    "bert-dynamo": dynamo("bert"),
    "vit-dynamo": dynamo("vit"),
    "gpt2-with-past": Case("gpt2", "optimum", task="text-generation-with-past"),
    "llama-with-past": Case("llama", "optimum", task="text-generation-with-past"),
    "gpt2-optimized": optimized("gpt2", "gpt2", "gpt2", "attention is not fused; the last resid_post is inside a fused norm"),
    "bert-optimized": optimized("bert", "bert", "bert", "sums before LayerNorm are inside fused operators"),
    "llama-optimized": optimized("llama", "llama", "gpt2", "attention is not fused; the last resid_post is inside a fused norm"),
    "llama-external-data": Case("llama", "external", source="llama"),
    "gpt2-float16": Case("gpt2", "float16", source="gpt2-with-past", tolerance=0.05),
    "gpt2-quantized": Case("gpt2", "int8", source="gpt2", tolerance=0.5),
}
