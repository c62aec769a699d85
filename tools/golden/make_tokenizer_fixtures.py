"""Trains small tokenizers of several kinds and writes them with what they make of some texts: fixtures/tokenizers.

    python -m venv .venv && .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python tools/golden/make_tokenizer_fixtures.py

expected.json has the texts and, for each tokenizer, ids (without special tokens around) and decoded texts.
"""

import json
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

FOLDER = Path(__file__).parents[2] / "fixtures/tokenizers"
CORPUS = [
    "The plumb line hangs true, whatever the wall does. It's what we've measured; they're sure.",
    "In 1999 there were 365 days, and in 2024 there were 366 of them!",
    "Der Zaun steht schräg, naïve Bäume größer als Häuser. L'été à Paris coûte cher.",
    "日本語の文章と中文句子。Σίσυφος και ΟΔΥΣΣΕΥΣ.",
    "def f(x):\n    return x + 1\n\n\tif a && b: pass  # comment",
] * 4
TEXTS = [
    "Hello world, the plumb line hangs true.",
    "  leading and   many    spaces  ",
    "\n\nnew\nlines\r\n\tand tabs\n",
    "emoji 👍🏽 👨‍👩‍👧 and 🇩🇪!",
    "日本語の文章 𠀀𠮷 中文。",
    "e\u0301te\u0301 naïve Å A\u030a Häuser ÉTÉ",
    "ΟΔΥΣΣΕΥΣ Σίσυφος ς",
    "ends<|endoftext|>begins [SEP] <s> </s>",
    "x" * 150 + " " + "ab" * 300,
    "1234567 ² ½ ٣٤ Ⅷ 3.14",
    "don't we've I'LL it's",
    "a\u0085b\ufeffc\u00a0d\u200be\u3000f",
    "¿qué?! --- \"quoted\" (x) [y] $5 ^_^ `~`",
    "null\u0000 control\u0007 \ufffd",
    "",
]


def byte_level(individual_digits: bool) -> tuple[Tokenizer, dict]:
    tokenizer = Tokenizer(models.BPE())
    parts = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
    if individual_digits:
        parts.insert(0, pre_tokenizers.Digits(individual_digits=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts) if len(parts) > 1 else parts[0]
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer, {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "model_max_length": 1024}


def word_piece() -> tuple[Tokenizer, dict]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special))
    roles = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    return tokenizer, {**roles, "model_max_length": 512}


def unigram() -> tuple[Tokenizer, dict]:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer, {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def byte_fallback() -> tuple[Tokenizer, dict]:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=480, special_tokens=special, limit_alphabet=60, max_token_length=12)
    tokenizer.train_from_iterator(CORPUS, trainer)
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = [one for one in saved["added_tokens"] if not one["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(saved)), {"bos_token": "<s>", "eos_token": "</s>"}


def splits() -> tuple[Tokenizer, dict]:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Whitespace(),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Split("e", "merged_with_previous"),
        ]
    )
    trainer = trainers.BpeTrainer(vocab_size=220, special_tokens=["[UNK]"])
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens([AddedToken("plumb", normalized=False)])
    return tokenizer, {"unk_token": "[UNK]"}


def main() -> None:
    kinds = {
        "byte-level-bpe": byte_level(False),
        "byte-level-digits": byte_level(True),
        "word-piece": word_piece(),
        "unigram": unigram(),
        "byte-fallback": byte_fallback(),
        "splits": splits(),
    }
    made = {"library": f"tokenizers {tokenizers.__version__}", "script": "tools/golden/make_tokenizer_fixtures.py"}
    expected: dict = {"madeBy": made, "texts": TEXTS, "tokenizers": {}}
    for name, (tokenizer, config) in kinds.items():
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        saved = json.loads(tokenizer.to_str())
        (folder / "tokenizer.json").write_text(json.dumps(saved, ensure_ascii=False) + "\n")
        (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        decoded = [tokenizer.decode(one, skip_special_tokens=False) for one in ids]
        expected["tokenizers"][name] = {"nVocabulary": tokenizer.get_vocab_size(), "ids": ids, "decoded": decoded}
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")


main()
