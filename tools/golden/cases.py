"""The cases: which class of which library, with which settings, on which initial parameters."""

from dataclasses import dataclass, field

from data import BATCH, D_IN, D_SAE


@dataclass(frozen=True)
class Case:
    name: str
    library: str
    architecture: str
    """Which re-computation in recompute.py checks the case."""
    trained_by: str
    """The class of the library: a trainer (dictionary_learning) or a training SAE (sae_lens)."""
    settings: dict
    """Arguments of that class, or of its config class."""
    notes: tuple[str, ...]
    n_steps: int = 12
    later_step: int = 8
    seed: int = 1
    n_weak: int = 0
    """This many encoder rows, before the last n_silent, are made 20 times shorter: alive, but rarely among the top k."""
    n_silent: int = 0
    """The encoder biases of this many last latents are -2: their pre-activations are negative."""
    trainer: dict = field(default_factory=dict)
    """sae_lens: fields of SAETrainerConfig. dictionary_learning: attributes patched on the trainer after construction."""
    k_schedule: tuple[int, ...] = ()
    """k of each step, set by the script between the library's steps."""


WARM = {"warmup_steps": 3, "layer": 0, "lm_name": "toy"}
LR0 = "The learning rate of the first step is 0 (warm-up s/N with s from 0)."
UNIT = (
    "ConstrainedAdam: the gradient of the decoder is projected with the decoder divided by its norm (no epsilon), there is no "
    "clipping, and the decoder is divided by its norm after Adam, also at learning rate 0."
)
MEDIAN = (
    "At step 0 the trainer sets the decoder bias to the geometric median of the first batch; initial/decoderBias is that value."
)
ORDER = (
    "Order of a step: backward, project the decoder gradient (norm + 1e-6), clip all gradients to norm 1, Adam, learning rate "
    "schedule, decoder divided by (norm + float32 epsilon)."
)
AUX_DL = (
    "AuxK: candidates are ReLU'd activations of dead latents; k is min(dIn // 2, dead); decoded without bias; target is the "
    "detached residual; divided by the residual's variance about its batch mean; counters are updated before it, in the same "
    "step, and a latent is dead at counter >= threshold."
)
TOPK_FIRED = "A latent counts as fired when it is among the top k, even if its value there is 0."
P_QUEUE = (
    "A step's loss uses the p and coefficient from before the step. next_p is None until the first update, so the first "
    "update changes no coefficient."
)
CLIP_SL = "Order of a step: forward, counters, backward, clip all gradients to norm 1, Adam, learning rate and coefficients."
AUX_SL = (
    "AuxK: candidates are pre-activations of dead latents before ReLU, so negative ones are decoded too; decoded with the "
    "decoder bias; target is the detached residual; scaled by min(dead / (dIn // 2), 1); not normalised. Dead means: steps "
    "since fired > window, as counted before the step."
)


def dictionary_learning() -> list[Case]:
    def case(name, architecture, trained_by, settings, *notes, **more):
        return Case(name, "dictionary-learning", architecture, trained_by, {**WARM, **settings}, notes, **more)

    anneal = {"lr": 5e-3, "sparsity_warmup_steps": 4, "warmup_steps": 2, "anneal_start": 6}
    topk = {"k": 4, "lr": 5e-3, "threshold_start_step": 3, "threshold_beta": 0.9}
    groups = {"group_fractions": [0.125, 0.25, 0.625]}
    return [
        case(
            "standard", "standard", "standard.StandardTrainer",
            {"lr": 1e-2, "l1_penalty": 0.1, "sparsity_warmup_steps": 4, "decay_start": 8},
            LR0, UNIT, "The sparsity weight of the first step is 0.",
            later_step=9,
        ),
        case(
            "standard-april", "standard-april", "standard.StandardTrainerAprilUpdate",
            {"lr": 1e-2, "l1_penalty": 0.1, "sparsity_warmup_steps": 0},
            LR0, "The decoder is free; gradients are clipped to norm 1. The class is the centred AutoEncoder.",
        ),
        case(
            "p-anneal-lp-p", "p-anneal", "p_anneal.PAnnealTrainer",
            {**anneal, "sparsity_function": "Lp^p", "initial_sparsity_penalty": 0.05, "p_end": 0.2,
             "n_sparsity_updates": 4, "sparsity_queue_length": 3},
            LR0, UNIT, P_QUEUE,
            "anneal_end is left at its default, the number of steps, so the last update is never reached and p never ends at p_end.",
            n_steps=24, later_step=15,
        ),
        case(
            "p-anneal-lp", "p-anneal", "p_anneal.PAnnealTrainer",
            {**anneal, "sparsity_function": "Lp", "initial_sparsity_penalty": 0.05, "anneal_end": 20, "p_end": 0.5,
             "n_sparsity_updates": 5, "sparsity_queue_length": 4},
            LR0, UNIT, P_QUEUE, "Lp is mean((sum f^p)^(1/p)).",
            n_steps=24, later_step=15,
        ),
        case(
            "gated", "gated", "gdm.GatedSAETrainer",
            {"lr": 5e-3, "l1_penalty": 0.1, "sparsity_warmup_steps": 0},
            LR0, UNIT, "Adam betas are (0, 0.999).",
            "The auxiliary reconstruction uses the detached decoder and decoder bias; centring is not detached.",
        ),
        case(
            "gated-anneal", "gated-anneal", "gated_anneal.GatedAnnealTrainer",
            {**anneal, "initial_sparsity_penalty": 0.05, "anneal_end": 20, "p_end": 0.3,
             "n_sparsity_updates": "continuous", "sparsity_queue_length": 4},
            LR0, UNIT, P_QUEUE, "Adam betas are (0, 0.999).", "An update every step from 6 to 20: the queue mixes several p.",
            n_steps=24, later_step=15,
        ),
        case(
            "topk", "topk", "top_k.TopKTrainer", topk,
            LR0, MEDIAN, ORDER, TOPK_FIRED,
            "threshold is updated at steps > threshold_start_step: assigned while negative, then an average; the value is the "
            "mean over rows of the smallest positive activation kept. Encoding uses the top k, not the threshold.",
        ),
        case(
            "topk-auxk", "topk", "top_k.TopKTrainer", {**topk, "auxk_alpha": 0.5},
            LR0, MEDIAN, ORDER, AUX_DL, TOPK_FIRED,
            n_weak=8, n_silent=4, trainer={"dead_feature_threshold": BATCH},
        ),
        case(
            "topk-k-anneal", "topk", "top_k.TopKTrainer", topk,
            LR0, MEDIAN, ORDER, TOPK_FIRED,
            "0.1.0 has no k annealing. The script sets k between steps by the rule of the later commit 60ec6bf: after step s, "
            "k = int(dIn (1 - r) + k_target r), r = min(s, 6) / 6. So step 0 runs with the target and step 1 with dIn.",
            k_schedule=tuple(4 if s == 0 else int(D_IN * (1 - min(s - 1, 6) / 6) + 4 * min(s - 1, 6) / 6) for s in range(12)),
            later_step=4,
        ),
        case(
            "batch-topk", "batch-topk", "batch_top_k.BatchTopKTrainer", {**topk, "auxk_alpha": 0.5},
            LR0, MEDIAN, ORDER, AUX_DL,
            "threshold is updated as in topk, with the smallest positive activation kept in the batch. Encoding for "
            "inference keeps ReLU'd activations > threshold.",
            n_weak=3, n_silent=2, trainer={"dead_feature_threshold": 2 * BATCH},
        ),
        case(
            "jumprelu", "jumprelu-dl", "jumprelu.JumpReluTrainer",
            {"lr": 5e-3, "bandwidth": 0.1, "sparsity_penalty": 1.0, "sparsity_warmup_steps": 0, "target_l0": 6.0},
            LR0, ORDER, "Adam betas are (0, 0.999).",
            "The input is not centred. The L0 surrogate reads the latents after the jump: with threshold < bandwidth / 2 the "
            "zeros are inside its kernel. No ReLU in training, a ReLU at inference.",
            "The class takes a seed and does not use it; the script seeds torch.",
        ),
        case(
            "matryoshka-batch-topk", "matryoshka-dl", "matryoshka_batch_top_k.MatryoshkaBatchTopKTrainer",
            {**topk, **groups, "auxk_alpha": 0.5},
            LR0, MEDIAN, ORDER, AUX_DL,
            "Group weights default to 1/G and the mean over groups follows, so each group weighs 1/G^2.",
            n_weak=8, n_silent=4, trainer={"dead_feature_threshold": 2 * BATCH},
        ),
    ]


def sae_lens() -> list[Case]:
    def case(name, architecture, trained_by, settings, *notes, trainer=None, **more):
        return Case(name, "sae-lens", architecture, trained_by, settings, (CLIP_SL, *notes), trainer=trainer or {}, **more)

    decay = {"lr": 1e-2, "lr_warm_up_steps": 3, "lr_decay_steps": 4}
    topk = {"k": 4, "aux_loss_coefficient": 0.5}
    dead = {"n_weak": 8, "n_silent": 4, "trainer": {**decay, "dead_feature_window": 2}}
    few_dead = {"n_silent": 4, "trainer": {**decay, "dead_feature_window": 5}}
    norms = "Latents are multiplied by the decoder norms before the selection and divided by them before the decoder."
    folded = "The inference form is saved with the decoder norms folded into the encoder (inferenceForm/...)."
    threshold = (
        "topk_threshold starts at 0 and moves by 0.1 (default 0.01) towards the smallest positive latent kept, in float64, in "
        "every training forward. Saved as JumpReLU with that one threshold."
    )
    jump = {"jumprelu_init_threshold": 0.1, "jumprelu_bandwidth": 0.1}
    return [
        case(
            "standard", "standard-sl", "StandardTrainingSAE", {"l1_coefficient": 0.2, "l1_warm_up_steps": 4},
            "The sparsity coefficient of the first step is 0 (warm-up s/N); the learning rate is not (warm-up (s+1)/N).",
            trainer=decay,
        ),
        case(
            "standard-l2-uncentred", "standard-sl", "StandardTrainingSAE",
            {"l1_coefficient": 0.2, "lp_norm": 2.0, "apply_b_dec_to_input": False, "decoder_init_norm": 0.5},
            "The p-norm has its root; for p other than 1 it is not a sum over latents.",
            trainer={**decay, "lr_decay_steps": 0},
        ),
        case(
            "gated", "gated-sl", "GatedTrainingSAE", {"l1_coefficient": 0.1, "decoder_init_norm": 0.5},
            "The auxiliary reconstruction is not detached from decoder and decoder bias.", "Cosine schedule.",
            trainer={**decay, "lr_scheduler_name": "cosineannealing"},
        ),
        case(
            "topk", "topk-sl", "TopKTrainingSAE",
            {**topk, "k": 12, "rescale_acts_by_decoder_norm": False, "decoder_init_norm": 0.5}, AUX_SL, **few_dead,
        ),
        case(
            "topk-rescaled", "topk-sl", "TopKTrainingSAE", {**topk, "decoder_init_norm": 0.5}, AUX_SL, norms, folded, **dead,
        ),
        case(
            "batch-topk", "batch-topk-sl", "BatchTopKTrainingSAE",
            {**topk, "k": 3.5, "topk_threshold_lr": 0.1, "decoder_init_norm": 0.5}, AUX_SL, norms, folded, threshold,
            "k is a float: int(3.5 x 48) latents are kept in a batch.", **dead,
        ),
        case(
            "jumprelu-step", "jumprelu-sl", "JumpReLUTrainingSAE", {**jump, "l0_coefficient": 0.1},
            "The L0 surrogate reads the pre-activations. The threshold is exp(logThreshold).", trainer=decay,
        ),
        case(
            "jumprelu-tanh", "jumprelu-sl", "JumpReLUTrainingSAE",
            {**jump, "l0_coefficient": 0.1, "l0_warm_up_steps": 4, "jumprelu_sparsity_loss_mode": "tanh",
             "pre_act_loss_coefficient": 0.01, "decoder_init_norm": 0.5},
            "The pre-activation loss covers dead latents only (the paper's covers all).", **dead,
        ),
        case(
            "matryoshka-batch-topk", "matryoshka-sl", "MatryoshkaBatchTopKTrainingSAE",
            {**topk, "k": 4, "topk_threshold_lr": 0.1, "matryoshka_widths": [5, 15, D_SAE], "decoder_init_norm": 0.5},
            AUX_SL, norms, folded, threshold, "Levels weigh 1 each; the widest is the plain reconstruction.", **dead,
        ),
    ]


def all_cases() -> list[Case]:
    return dictionary_learning() + sae_lens()
