"""The models of fixtures/onnx: tiny configurations of published architectures, their seeded weights, and where in each the
residual stream is to be tapped. Nothing is downloaded."""

from dataclasses import dataclass, field

import torch
import transformers

VOCABULARY, BATCH, LENGTHS, D_MODEL, N_LAYERS = 64, 2, (7, 5), 16, 2

# (part of the block, its input or its output). "mid" is missing in parallel blocks.
Taps = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Model:
    """`order` says how a block adds: "sequential" (pre-norm), "parallel", or "post-norm" with its two extra taps."""

    class_name: str
    config_class: str
    blocks: str
    taps: Taps
    config: dict = field(default_factory=dict)
    order: str = "sequential"
    final_norm: str | None = None
    output: str = "logits"
    extra_inputs: tuple[str, ...] = ()
    arguments: dict = field(default_factory=dict)

    @property
    def is_vision(self) -> bool:
        return self.class_name.startswith("ViT")


LLAMA_TAPS: Taps = {
    "attn_out": ("self_attn", "output"),
    "resid_mid": ("post_attention_layernorm", "input"),
    "mlp_out": ("mlp", "output"),
}
GEMMA2_TAPS: Taps = {
    "attn_out": ("post_attention_layernorm", "output"),
    "resid_mid": ("pre_feedforward_layernorm", "input"),
    "mlp_out": ("post_feedforward_layernorm", "output"),
}
PARALLEL_NEOX_TAPS: Taps = {"attn_out": ("attention", "output"), "mlp_out": ("mlp", "output")}
BERT_TAPS: Taps = {
    "attn_out": ("attention.output.dense", "output"),
    "resid_mid": ("attention.output.LayerNorm", "input"),
    "normalized_resid_mid": ("attention.output.LayerNorm", "output"),
    "mlp_out": ("output.dense", "output"),
    "resid_post": ("output.LayerNorm", "input"),
    "normalized_resid_post": ("output.LayerNorm", "output"),
}
DISTILBERT_TAPS: Taps = {
    "attn_out": ("attention", "output"),
    "resid_mid": ("sa_layer_norm", "input"),
    "normalized_resid_mid": ("sa_layer_norm", "output"),
    "mlp_out": ("ffn", "output"),
    "resid_post": ("output_layer_norm", "input"),
    "normalized_resid_post": ("output_layer_norm", "output"),
}
VIT_TAPS: Taps = {
    "attn_out": ("attention", "output"),
    "resid_mid": ("layernorm_after", "input"),
    "mlp_out": ("output.dense", "output"),
}
# Two query heads share one key and value head; the MLP is not 4 times as wide, so that a mixed-up size shows.
GATED = {
    "hidden_size": D_MODEL,
    "intermediate_size": 24,
    "num_hidden_layers": N_LAYERS,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 32,
}
PLAIN = {
    "hidden_size": D_MODEL,
    "intermediate_size": 40,
    "num_hidden_layers": N_LAYERS,
    "num_attention_heads": 2,
    "max_position_embeddings": 32,
}
PATCHES = {"image_size": 16, "patch_size": 4, "num_channels": 3}


def like_llama(name: str, taps: Taps = LLAMA_TAPS, **config) -> Model:
    causal, settings = f"{name}ForCausalLM", f"{name}Config"
    return Model(causal, settings, "model.layers", taps, {**GATED, **config}, final_norm="model.norm")


def like_neox(parallel: bool) -> Model:
    mid = {} if parallel else {"resid_mid": ("post_attention_layernorm", "input")}
    return Model(
        "GPTNeoXForCausalLM",
        "GPTNeoXConfig",
        "gpt_neox.layers",
        {**PARALLEL_NEOX_TAPS, **mid},
        {**PLAIN, "use_parallel_residual": parallel, "rotary_pct": 0.5},
        order="parallel" if parallel else "sequential",
        final_norm="gpt_neox.final_layer_norm",
    )


def like_bert(class_name: str, config_class: str, blocks: str, **others) -> Model:
    """`config` overrides single settings; everything else is a field of Model."""
    config = {**PLAIN, **others.pop("config", {})}
    others = {"output": "last_hidden_state", "extra_inputs": ("token_type_ids",), **others}
    return Model(class_name, config_class, blocks, BERT_TAPS, config, order="post-norm", **others)


MODELS: dict[str, Model] = {
    "gpt2": Model(
        "GPT2LMHeadModel",
        "GPT2Config",
        "transformer.h",
        {"attn_out": ("attn", "output"), "resid_mid": ("ln_2", "input"), "mlp_out": ("mlp", "output")},
        {"n_embd": D_MODEL, "n_layer": N_LAYERS, "n_head": 2, "n_inner": 40, "n_positions": 32},
        final_norm="transformer.ln_f",
    ),
    "gpt-neox": like_neox(parallel=True),
    "gpt-neox-sequential": like_neox(parallel=False),
    "llama": like_llama("Llama"),
    "qwen2": like_llama("Qwen2"),
    "qwen3": like_llama("Qwen3"),
    "gemma": like_llama("Gemma"),
    "gemma2": like_llama(
        "Gemma2",
        GEMMA2_TAPS,
        sliding_window=4,
        query_pre_attn_scalar=8,
        attn_logit_softcapping=5.0,
        final_logit_softcapping=3.0,
    ),
    "phi": Model(
        "PhiForCausalLM",
        "PhiConfig",
        "model.layers",
        {"attn_out": ("self_attn", "output"), "mlp_out": ("mlp", "output")},
        {**PLAIN, "partial_rotary_factor": 0.5},
        order="parallel",
        final_norm="model.final_layernorm",
    ),
    "opt": Model(
        "OPTForCausalLM",
        "OPTConfig",
        "model.decoder.layers",
        {
            "attn_out": ("self_attn", "output"),
            "resid_mid": ("final_layer_norm", "input"),
            "mlp_out": ("fc2", "output"),
        },
        {
            "hidden_size": D_MODEL,
            "word_embed_proj_dim": D_MODEL,
            "ffn_dim": 40,
            "num_hidden_layers": N_LAYERS,
            "num_attention_heads": 2,
            "max_position_embeddings": 32,
        },
        final_norm="model.decoder.final_layer_norm",
    ),
    "bert": like_bert("BertModel", "BertConfig", "encoder.layer"),
    "minilm": like_bert(
        "BertModel",
        "BertConfig",
        "encoder.layer",
        config={"hidden_size": 24, "num_attention_heads": 3, "num_hidden_layers": 3, "intermediate_size": 48},
        arguments={"add_pooling_layer": False},
    ),
    "bert-mlm": like_bert("BertForMaskedLM", "BertConfig", "bert.encoder.layer", output="logits"),
    "distilbert": Model(
        "DistilBertModel",
        "DistilBertConfig",
        "transformer.layer",
        DISTILBERT_TAPS,
        {"dim": D_MODEL, "n_layers": N_LAYERS, "n_heads": 2, "hidden_dim": 40, "max_position_embeddings": 32},
        order="post-norm",
        output="last_hidden_state",
    ),
    "vit": Model(
        "ViTModel",
        "ViTConfig",
        "encoder.layer",
        VIT_TAPS,
        {**PLAIN, **PATCHES},
        final_norm="layernorm",
        output="last_hidden_state",
        arguments={"add_pooling_layer": False},
    ),
    "vit-classifier": Model(
        "ViTForImageClassification",
        "ViTConfig",
        "vit.encoder.layer",
        VIT_TAPS,
        {**PLAIN, **PATCHES, "num_labels": 5},
        final_norm="vit.layernorm",
    ),
}


def build(name: str, seed: int, dtype: torch.dtype = torch.float32) -> transformers.PreTrainedModel:
    """The model with weights from `seed` alone: matrices that keep the scale of what goes through them, norms and biases that
    are neither 1 nor 0, so that a tensor taken from the wrong place differs."""
    spec = MODELS[name]
    sizes = {} if spec.is_vision else {"vocab_size": VOCABULARY, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    config = getattr(transformers, spec.config_class)(**sizes, **spec.config)
    config._attn_implementation = "eager"
    model = getattr(transformers, spec.class_name)(config, **spec.arguments).eval()
    generator = torch.Generator().manual_seed(seed)
    for parameter_name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        is_table = "emb" in parameter_name or "wte" in parameter_name or "wpe" in parameter_name
        if parameter.dim() == 1 or parameter_name.endswith("bias"):
            parameter.data.copy_(parameter.data + 0.2 * noise)
        elif is_table or "token" in parameter_name:
            parameter.data.copy_(0.5 * noise)
        else:
            parameter.data.copy_(noise * parameter[0].numel() ** -0.5)
    return model.to(dtype)


def inputs_of(name: str, seed: int) -> dict[str, torch.Tensor]:
    """Two sequences, the second shorter and padded on the right with token 1; or two images."""
    spec, generator = MODELS[name], torch.Generator().manual_seed(seed)
    if spec.is_vision:
        shape = (BATCH, PATCHES["num_channels"], PATCHES["image_size"], PATCHES["image_size"])
        return {"pixel_values": torch.randn(shape, generator=generator)}
    ids = torch.randint(3, VOCABULARY, (BATCH, max(LENGTHS)), generator=generator)
    mask = torch.tensor([[int(place < length) for place in range(max(LENGTHS))] for length in LENGTHS])
    inputs = {"input_ids": torch.where(mask == 1, ids, 1), "attention_mask": mask}
    return {**inputs, **{extra: torch.zeros_like(mask) for extra in spec.extra_inputs}}
