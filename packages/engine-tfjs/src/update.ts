import type { AdamConstants, Architecture, Named, RowPenalty, StepControls } from "@plumbline/core";
import { runFused } from "@plumbline/ops";
import {
  add,
  addN,
  cast,
  concat,
  div,
  exp,
  keep,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor2d,
  tidy,
  valueAndGrads,
} from "@tensorflow/tfjs-core";

/** Everything that an update replaces. (A type alias, so that tfjs's `tidy` accepts it as a container of tensors.) */
export type EngineTensors = {
  readonly parameters: Named<Tensor>;
  /** Adam's first moments, by parameter */
  readonly mean: Named<Tensor>;
  /** Adam's second moments, by parameter */
  readonly variance: Named<Tensor>;
  readonly buffers: Named<Tensor>;
};

/** Order of the numbers in a report. */
export interface ReportLayout {
  readonly terms: readonly string[];
  readonly statistics: readonly string[];
}

export interface Update {
  readonly next: EngineTensors;
  /** [loss, gradient norm, …terms, …statistics]; only when asked for */
  readonly report?: { readonly values: Tensor1D; readonly layout: ReportLayout };
}

/** As in torch's `clip_grad_norm_`, so that clipped runs agree with the reference libraries. */
const clipEpsilon = 1e-6;

/** `weight · mean_i exp(−‖decoder_i − target_i‖² / width)`. */
function rowPenaltyTerm(decoder_FD: Tensor, penalty: RowPenalty): Tensor {
  const target_FD = tensor2d(penalty.target, decoder_FD.shape as [number, number]);
  const distances_F = sum(square(sub(decoder_FD, target_FD)), 1);
  return mul(mean(exp(neg(div(distances_F, penalty.width)))), penalty.weight);
}

interface Backward {
  readonly gradients: Record<string, Tensor>;
  readonly loss: Tensor;
  readonly terms: Named<Tensor>;
  readonly statistics: Named<Tensor>;
  readonly buffers: Named<Tensor>;
}

/** Forward and backward. What is read besides gradients leaves the tape by `keep`; the caller disposes it. */
function backward(
  architecture: Architecture<Tensor>,
  tensors: EngineTensors,
  x_BD: Tensor,
  controls: StepControls,
): Backward {
  const names = Object.keys(tensors.parameters);
  let side: Omit<Backward, "gradients" | "loss"> = { terms: {}, statistics: {}, buffers: {} };
  const keepAll = (named: Named<Tensor>): Named<Tensor> =>
    Object.fromEntries(Object.entries(named).map(([name, t]) => [name, keep(t.clone())]));
  const lossOf = (...values: Tensor[]): Scalar => {
    const parameters = Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]));
    const out = architecture.loss({ parameters, buffers: tensors.buffers, x_BD, scalars: controls.scalars });
    const pull =
      controls.rowPenalty === undefined
        ? {}
        : { rowPenalty: rowPenaltyTerm(architecture.directions(parameters).decoder, controls.rowPenalty) };
    const terms = { ...out.terms, ...pull };
    side = { terms: keepAll(terms), statistics: keepAll(out.statistics), buffers: keepAll(out.buffers) };
    return addN(Object.values(terms)) as Scalar;
  };
  const { value, grads } = valueAndGrads(lossOf)(names.map((name) => tensors.parameters[name] as Tensor));
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor]));
  return { gradients, loss: value, ...side };
}

function globalNorm(gradients: Named<Tensor>): Tensor {
  return sqrt(addN(Object.values(gradients).map((g) => sum(square(g)))));
}

/** One parameter's Adam update with torch's arithmetic. */
function adam(
  constants: AdamConstants,
  at: { parameter: Tensor; gradient: Tensor; mean: Tensor; variance: Tensor },
  options: { lr: number; step: number },
): { parameter: Tensor; mean: Tensor; variance: Tensor } {
  const { beta1, beta2, epsilon } = constants;
  const stepSize = options.lr / (1 - beta1 ** options.step);
  const spread = Math.sqrt(1 - beta2 ** options.step);
  const [parameter, mean, variance] = runFused("adam", at, { beta1, beta2, epsilon, spread, stepSize }) ?? [];
  if (parameter !== undefined && mean !== undefined && variance !== undefined) {
    return { parameter, mean, variance };
  }
  const nextMean = add(mul(at.mean, beta1), mul(at.gradient, 1 - beta1));
  const nextVariance = add(mul(at.variance, beta2), mul(square(at.gradient), 1 - beta2));
  const denominator = add(div(sqrt(nextVariance), spread), epsilon);
  return {
    parameter: sub(at.parameter, mul(div(nextMean, denominator), stepSize)),
    mean: nextMean,
    variance: nextVariance,
  };
}

/** Adam on every parameter, then the architecture's constraint. */
function applyUpdate(
  architecture: Architecture<Tensor>,
  tensors: EngineTensors,
  gradients: Named<Tensor>,
  options: { lr: number; step: number },
): Omit<EngineTensors, "buffers"> {
  const parameters: Record<string, Tensor> = {};
  const means: Record<string, Tensor> = {};
  const variances: Record<string, Tensor> = {};
  for (const [name, parameter] of Object.entries(tensors.parameters)) {
    const moved = adam(
      architecture.optimizer,
      {
        parameter,
        gradient: gradients[name] as Tensor,
        mean: tensors.mean[name] as Tensor,
        variance: tensors.variance[name] as Tensor,
      },
      options,
    );
    parameters[name] = moved.parameter;
    means[name] = moved.mean;
    variances[name] = moved.variance;
  }
  return {
    parameters: { ...parameters, ...architecture.constrain?.afterStep(parameters) },
    mean: means,
    variance: variances,
  };
}

/**
 * One training step on the active backend: backward, projection, clipping, Adam, constraint.
 *
 * @param step number of this optimizer step, from 1
 * @returns new tensors, owned by the caller; the old ones are untouched
 */
export function update(
  architecture: Architecture<Tensor>,
  tensors: EngineTensors,
  options: { batch: Float32Array; dIn: number; step: number; controls: StepControls },
): Update {
  const { batch, dIn, step, controls } = options;
  let layout: ReportLayout = { terms: [], statistics: [] };
  const { next, values } = tidy(() => {
    const x_BD = tensor2d(batch, [batch.length / dIn, dIn]);
    const { gradients, loss, terms, statistics, buffers } = backward(architecture, tensors, x_BD, controls);
    const projected = { ...gradients, ...architecture.constrain?.gradient(gradients, tensors.parameters) };
    const norm = globalNorm(projected);
    const { clipNorm } = controls;
    const factor = clipNorm === undefined ? undefined : minimum(1, div(clipNorm, add(norm, clipEpsilon)));
    const clipped = Object.fromEntries(
      Object.entries(projected).map(([name, g]) => [name, factor === undefined ? g : mul(g, factor)]),
    );
    const next = { ...applyUpdate(architecture, tensors, clipped, { lr: controls.lr, step }), buffers };
    layout = { terms: Object.keys(terms), statistics: Object.keys(statistics) };
    const numbers = [loss, norm, ...Object.values(terms), ...Object.values(statistics)];
    const values = controls.wantStats
      ? concat(numbers.map((t) => reshape(cast(t, "float32"), [1])))
      : undefined;
    for (const kept of [...Object.values(terms), ...Object.values(statistics)]) kept.dispose();
    return { next, values };
  });
  return values === undefined ? { next } : { next, report: { values: values as Tensor1D, layout } };
}
