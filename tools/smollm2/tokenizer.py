"""The tokenizer of a GGUF with SmolLM's byte-level BPE: as a tokenizer.json, and once more by hand as its check."""

import regex
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3
# GPT-2's pieces, after every digit has been cut off by itself: what GGUF calls "smollm".
PIECES = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


class Vocabulary:
    def __init__(self, reader: GGUFReader):
        def value(name: str):
            return reader.fields[f"tokenizer.ggml.{name}"].contents()

        assert value("model") == "gpt2" and value("pre") == "smollm", "not SmolLM's tokenizer"
        self.tokens: list[str] = value("tokens")
        self.merges = [tuple(line.split(" ")) for line in value("merges")]
        self.controls = [token for token, kind in zip(self.tokens, value("token_type"), strict=True) if kind == CONTROL]
        names = ("bos", "eos", "unknown", "padding")
        ids = {name: reader.fields.get(f"tokenizer.ggml.{name}_token_id") for name in names}
        self.special = {name: self.tokens[field.contents()] for name, field in ids.items() if field is not None}
        template = reader.fields.get("tokenizer.chat_template")
        self.chat_template = template.contents() if template is not None else None


def tokenizer_of(vocabulary: Vocabulary) -> Tokenizer:
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    tokenizer = Tokenizer(models.BPE(ids, vocabulary.merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in vocabulary.controls])
    return tokenizer


def settings_of(vocabulary: Vocabulary, longest: int) -> dict:
    names = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
    special = {names[name]: token for name, token in vocabulary.special.items()}
    template = {"chat_template": vocabulary.chat_template} if vocabulary.chat_template else {}
    return {
        "tokenizer_class": "GPT2Tokenizer",
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": longest,
        **special,
        **template,
    }


def bytes_as_letters() -> dict[int, str]:
    """Byte-level BPE writes printable bytes as themselves and the others as the letters from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + place) for place, byte in enumerate(others)}}


def ids_by_hand(vocabulary: Vocabulary, text: str) -> list[int]:
    """Straight from the GGUF's lists, without the tokenizers library. No special tokens in `text`."""
    letters, rank = bytes_as_letters(), {pair: place for place, pair in enumerate(vocabulary.merges)}
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    found = []
    for part in regex.findall(r"\p{N}|[^\p{N}]+", text):
        for piece in regex.findall(PIECES, part):
            word = [letters[byte] for byte in piece.encode()]
            while len(word) > 1:
                pairs = list(zip(word, word[1:], strict=False))
                best = min(pairs, key=lambda pair: rank.get(pair, len(rank)))
                if best not in rank:
                    break
                place = pairs.index(best)
                word[place : place + 2] = ["".join(best)]
            found += [ids[token] for token in word]
    return found
