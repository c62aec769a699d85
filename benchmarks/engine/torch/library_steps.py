"""Steps of the libraries' own trainers: their installed files, unchanged.

tools/golden/reference.py makes them importable without what they need for language models, plots and logging.
"""

import importlib.util
import sys
from pathlib import Path

import torch

from settings import Settings
from training import Training

GOLDEN = Path(__file__).resolve().parents[3] / "tools" / "golden"
STEPS = 100_000
"""Length of the training that the trainers are told of. No schedule ends, and no latent counts as dead, before step 1000."""


class Unavailable(Exception):
    """A variant cannot run with this interpreter; the message says why."""


def import_libraries() -> None:
    """Makes both packages importable, or says which is missing."""
    missing = [name for name in ("dictionary_learning", "sae_lens") if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} not installed for this Python; setup.sh makes one that has them")
    sys.path.append(str(GOLDEN))
    import reference

    reference.install()


def dictionary_learning_training(settings: Settings) -> Training:
    """`TopKTrainer.update()` of dictionary_learning. Its first step also computes a geometric median."""
    import_libraries()
    from dictionary_learning.trainers.top_k import TopKTrainer

    trainer = TopKTrainer(
        steps=STEPS,
        activation_dim=settings.d_in,
        dict_size=settings.d_sae,
        k=settings.k,
        layer=0,
        lm_name="none",
        lr=settings.lr,
        seed=settings.seed,
        device="cpu",
    )
    steps = iter(range(STEPS))

    def step(x: torch.Tensor, _clip: bool) -> float:
        return trainer.update(next(steps), x)

    return Training(step, trainer.ae.encode)


def sae_lens_training(settings: Settings, *, sparse: bool) -> Training:
    """The body of the loop in SAELens's `SAETrainer.fit()`, with `TopKTrainingSAE` at its defaults.

    @param sparse the library's own `use_sparse_activations`, off by default. The backward pass of torch refuses it together
        with `rescale_acts_by_decoder_norm`, which is on by default, so that is off then.
    """
    import_libraries()
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.saes import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sae = TopKTrainingSAE(
        TopKTrainingSAEConfig(
            d_in=settings.d_in,
            d_sae=settings.d_sae,
            k=settings.k,
            use_sparse_activations=sparse,
            rescale_acts_by_decoder_norm=not sparse,
        )
    )
    config = SAETrainerConfig(
        n_checkpoints=0,
        checkpoint_path=None,
        save_final_checkpoint=False,
        total_training_samples=STEPS * settings.batch_size,
        device="cpu",
        autocast=False,
        lr=settings.lr,
        lr_end=settings.lr / 10,
        lr_scheduler_name="constant",
        lr_warm_up_steps=0,
        adam_beta1=0.9,
        adam_beta2=0.999,
        lr_decay_steps=0,
        n_restart_cycles=1,
        train_batch_size_samples=settings.batch_size,
        dead_feature_window=1000,
        feature_sampling_window=2000,
        logger=LoggingConfig(log_to_wandb=False),
    )
    trainer = SAETrainer(cfg=config, sae=sae, data_provider=iter(()))

    def step(x: torch.Tensor, _clip: bool) -> float:
        trainer.n_training_samples += x.shape[0]
        output = trainer._train_step(sae=sae, sae_in=trainer.activation_scaler(x))
        trainer.n_training_steps += 1
        return output.loss.item()

    return Training(step, sae.encode)
