import type { StepControls } from "@plumbline/core";
import { arrayOf, type ReferenceCase } from "../case.ts";
import { auxkOf } from "./auxk.ts";
import { type Code, codeOfJump, codeOfRelu, codeOfSelection, countOf } from "./code.ts";
import { type Bounded, type Forward, forwardOf, squaresAroundMean } from "./forward.ts";
import { type Gradients, gradientsOf, type Rows } from "./gradients.ts";
import { norm, probable, total, unit } from "./numbers.ts";
import { penaltyOf } from "./penalty.ts";
import type { Problem } from "./problem.ts";
import type { Scores } from "./scores.ts";
import { kept, out, unsure } from "./selection.ts";
import { addRowPenalty, clip, normOf, storedGradients } from "./stored.ts";

/** What a step must report and do, each number with its bound. */
export interface StepReference {
  readonly terms: Readonly<Record<string, Bounded>>;
  readonly loss: Bounded;
  readonly statistics: Readonly<Record<string, Bounded>>;
  readonly gradientNorm: Bounded;
  /** over stored parameters, projected and clipped */
  readonly gradients: Readonly<Record<string, Rows>>;
  readonly tokensSinceFired: readonly { readonly value: number; readonly or?: number }[];
  readonly buffers: Readonly<Record<string, Bounded>>;
  /** pairs that float32 cannot decide, whose whole effect the bounds hold */
  readonly undecided: number;
  /** why gradients say nothing here */
  readonly undetermined?: string;
}

const longestSilence = 2 ** 30;

interface Silence {
  readonly next: readonly { readonly value: number; readonly or?: number }[];
  readonly deadBefore: Uint8Array;
  readonly deadAfter: Uint8Array;
  readonly deadLatents: Bounded;
}

function silenceOf(problem: Problem, code: Code, since: ArrayLike<number>): Silence {
  const { rule, dSae, nTokens } = problem;
  const [deadBefore, deadAfter] = [new Uint8Array(dSae), new Uint8Array(dSae)];
  let [sure, maybe] = [0, 0];
  const next = Array.from({ length: dSae }, (_, f) => {
    let fired: number = out;
    for (let b = 0; b < nTokens; b++) fired = mergeFired(fired, code.fires[b * dSae + f] as number);
    const before = since[f] as number;
    const longer = Math.min(before + nTokens, longestSilence);
    deadBefore[f] = before >= rule.deadAfterTokens ? 1 : 0;
    deadAfter[f] = fired === out && longer >= rule.deadAfterTokens ? 1 : 0;
    sure += deadAfter[f] as number;
    if (fired === unsure) {
      maybe += longer >= rule.deadAfterTokens ? 1 : 0;
      return { value: 0, or: longer };
    }
    return { value: fired === kept ? 0 : longer };
  });
  return { next, deadBefore, deadAfter, deadLatents: { value: sure, error: maybe } };
}

const mergeFired = (before: number, one: number): number =>
  before === kept || one === kept ? kept : Math.max(before, one);

function explainedVariance(problem: Problem, forward: Forward): Bounded {
  const { dIn, nTokens, x } = problem;
  let [error, lost] = [0, 0];
  for (let b = 0; b < nTokens; b++) {
    const [size, off] = [norm(forward.residual, b * dIn, dIn), forward.residualError[b] as number];
    error += size * size;
    lost += 2 * size * off + off * off + probable(dIn) * size * size;
  }
  const spread = squaresAroundMean(x, undefined, dIn);
  const floor = Math.max(spread.value, 1e-30);
  const value = 1 - error / floor;
  if (spread.error >= spread.value && spread.value + spread.error > 1e-30)
    return { value, error: Number.POSITIVE_INFINITY };
  const share = error / floor;
  return {
    value,
    error:
      lost / floor + (share * spread.error) / Math.max(floor - spread.error, 1e-30) + 8 * unit * (1 + share),
  };
}

/** The buffers of the threshold that batch rules estimate. */
function thresholdBuffers(one: ReferenceCase, scores: Scores, code: Code): Readonly<Record<string, Bounded>> {
  const { rule, state } = one;
  if (rule.threshold === undefined) return {};
  const { decay, afterBatches, average } = rule.threshold;
  const floatOf = (name: string): number => arrayOf(state, `buffer/${name}`)[0] ?? 0;
  const batches = state.arrays["buffer/batches"]?.data[0] ?? 0;
  let least = { value: Number.POSITIVE_INFINITY, error: 0 };
  for (let i = 0; i < code.passes.length; i++) {
    const value = scores.ranked[i] as number;
    if (code.passes[i] === kept && value < least.value)
      least = { value, error: scores.rankedError[i] as number };
  }
  const [before, weight] = [floatOf("thresholdAverage"), floatOf("thresholdWeight")];
  const due = Number.isFinite(least.value) && batches > afterBatches - 1;
  const share = !due ? 0 : average === "first-value" && weight === 0 ? 1 : 1 - decay;
  const moved = before + share * ((due ? least.value : 0) - before);
  const nextWeight = weight + share * (1 - weight);
  const lost = share * least.error + 16 * unit * (Math.abs(before) + share * Math.abs(due ? least.value : 0));
  const divides = average === "corrected" && nextWeight > 0;
  const usable = divides ? moved / nextWeight : moved;
  return {
    thresholdAverage: { value: moved, error: lost },
    thresholdWeight: { value: nextWeight, error: 16 * unit },
    threshold: {
      value: usable,
      error: divides ? (lost + 16 * unit * Math.abs(usable)) / nextWeight : lost,
    },
    batches: { value: batches + 1, error: 0 },
  };
}

/** The code of a rule: of a selection where one is kept, else by the scores alone. */
export function codeOf(problem: Problem, scores: Scores, selection: Uint8Array | undefined): Code {
  if (selection !== undefined) return codeOfSelection(problem, scores, selection);
  return problem.rule.kind === "relu" ? codeOfRelu(problem, scores) : codeOfJump(problem, scores);
}

/** Rejects what float32 cannot hold. */
function overflow(terms: Readonly<Record<string, Bounded>>, gradientNorm: Bounded): string | undefined {
  const sizes = [...Object.values(terms).map(({ value }) => Math.abs(value)), gradientNorm.value ** 2];
  return sizes.every((size) => size < 1e34) ? undefined : "numbers beyond float32";
}

/** One step in float64 from a case's state, given which pairs the rule keeps. */
export function stepOf(
  one: ReferenceCase,
  problem: Problem,
  scores: Scores,
  options: { selection?: Uint8Array | undefined; controls: StepControls },
): StepReference {
  const { controls } = options;
  const code = codeOf(problem, scores, options.selection);
  const forward = forwardOf(problem, code);
  const since = one.state.arrays["buffer/tokensSinceFired"]?.data ?? [];
  const silence = silenceOf(problem, code, since);
  const penalty = penaltyOf(problem, code, controls.scalars);
  const form = problem.rule.auxk?.form;
  const auxk = auxkOf(
    problem,
    scores,
    forward,
    form === "normalized" ? silence.deadAfter : silence.deadBefore,
  );
  const lostVariance = auxk !== undefined && !Number.isFinite(auxk.scale.error);
  const effective: Gradients = gradientsOf({ problem, code, forward, penalty, auxk });
  const { rowPenalty } = controls;
  const pull = rowPenalty === undefined ? undefined : addRowPenalty(problem, effective.decoder, rowPenalty);
  const stored = storedGradients(problem, effective);
  const gradientNorm = normOf(stored);
  const { clipped } = clip(stored, gradientNorm, controls.clipNorm);
  const terms = {
    reconstruction: forward.loss,
    ...(penalty === undefined ? {} : { sparsity: penalty.term }),
    ...(form === undefined ? {} : { auxk: auxk?.term ?? { value: 0, error: 0 } }),
    ...(pull === undefined ? {} : { rowPenalty: pull }),
  };
  const fired = countOf(code.fires);
  const undetermined = lostVariance
    ? "the residual's variance is lost in rounding"
    : overflow(terms, gradientNorm);
  return {
    terms,
    loss: {
      value: total(Object.values(terms).map((t) => t.value)),
      error: total(Object.values(terms).map((t) => t.error)),
    },
    statistics: {
      l0: { value: fired.sure / problem.nTokens, error: fired.maybe / problem.nTokens },
      deadLatents: silence.deadLatents,
      explainedVariance: explainedVariance(problem, forward),
      ...(problem.rule.penalty === "lp-power" || problem.rule.penalty === "lp-norm"
        ? {
            penaltyAtP: penalty?.atP ?? { value: 0, error: 0 },
            penaltyAtNextP: penalty?.atNextP ?? { value: 0, error: 0 },
          }
        : {}),
    },
    gradientNorm,
    gradients: clipped,
    tokensSinceFired: silence.next,
    buffers: thresholdBuffers(one, scores, code),
    undecided:
      countOf(code.passes).maybe +
      countOf(code.near).maybe +
      (auxk === undefined ? 0 : countOf(auxk.passes).maybe),
    ...(undetermined === undefined ? {} : { undetermined }),
  };
}
