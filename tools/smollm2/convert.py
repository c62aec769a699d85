"""Writes a GGUF of SmolLM2 as an ONNX folder, and checks it. Run tools/smollm2/make.sh [folder]."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import transformers
from gguf import GGUFReader
from optimum.exporters.onnx import onnx_export_from_model
from tokenizer import Vocabulary, ids_by_hand, settings_of, tokenizer_of
from tokenizers import Tokenizer

SENTENCES = (
    "The capital of France is Paris, and 42 is the answer.",
    "She didn't know   why; 2024-05-17 was\n\tan odd day…",
    "Füchse, 猫 and 🦊: prices rose by 3.75%.",
)


def export(gguf: Path, target: Path) -> torch.nn.Module:
    """All weights in float32; the output head is the embedding, stored once."""
    model = transformers.AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval()
    model.config.architectures = [type(model).__name__]
    onnx_export_from_model(model, target / "onnx", task="text-generation", do_validation=False)
    for extra in (target / "onnx").glob("*.json"):
        extra.replace(target / extra.name)
    return model


def check_tokens(vocabulary: Vocabulary, written: Tokenizer, hub: transformers.PreTrainedTokenizerBase) -> None:
    for text in SENTENCES:
        ids = written.encode(text, add_special_tokens=False).ids
        assert ids == ids_by_hand(vocabulary, text), f"tokenizer.json and the GGUF's own lists disagree on {text!r}"
        assert ids == hub(text, add_special_tokens=False)["input_ids"], f"transformers reads {text!r} in another way"
        assert written.decode(ids) == text, f"decoding does not give {text!r} back"
    print(f"tokens: {len(SENTENCES)} sentences as by the GGUF's merges done by hand, as in transformers, and back")


def check_logits(model: torch.nn.Module, path: Path, written: Tokenizer) -> None:
    """The sentences as one batch, padded on the right."""
    rows = [written.encode(text, add_special_tokens=False).ids for text in SENTENCES]
    longest = max(map(len, rows))
    ids = np.array([row + [0] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[int(place < len(row)) for place in range(longest)] for row in rows], np.int64)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    known = {"input_ids": ids, "attention_mask": mask, "position_ids": np.tile(np.arange(longest), (len(rows), 1))}
    feeds = {wanted.name: known[wanted.name] for wanted in session.get_inputs()}
    (got,) = session.run(["logits"], feeds)
    with torch.no_grad():
        expected = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask)).logits.numpy()
    difference = float(np.abs(got - expected)[mask.astype(bool)].max())
    print(f"logits: within {difference:.1e} of torch's, whose largest is {np.abs(expected).max():.1f}; inputs {list(feeds)}")
    assert difference < 1e-3, "ONNX Runtime and torch disagree"
    follows = written.decode([int(got[0, 4].argmax())])
    print(f"after {written.decode(rows[0][:5])!r} comes {follows!r}")


def main() -> None:
    gguf, target = Path(sys.argv[1]), Path(sys.argv[2])
    (target / "onnx").mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    model = export(gguf, target)
    model.config.save_pretrained(target)
    vocabulary = Vocabulary(GGUFReader(gguf))
    tokenizer_of(vocabulary).save(str(target / "tokenizer.json"))
    settings = settings_of(vocabulary, model.config.max_position_embeddings)
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    written = Tokenizer.from_file(str(target / "tokenizer.json"))
    check_tokens(vocabulary, written, transformers.AutoTokenizer.from_pretrained(target))
    check_logits(model, target / "onnx/model.onnx", written)
    for file in sorted(target.rglob("*")):
        if file.is_file():
            print(f"{file.stat().st_size:>12,} bytes  {file.relative_to(target)}")


main()
