import type { EngineState, InferenceForm, StepStats } from "@plumbline/core";

type Numbers = Readonly<Record<string, number>>;

const hasFinite = ([, value]: readonly [string, number]): boolean => Number.isFinite(value);

/** The loss, its terms and the gradient norm, where one of them is not finite. */
export function divergence(stats: StepStats): string | undefined {
  const { loss, terms, gradientNorm } = stats;
  if ([loss, gradientNorm, ...Object.values(terms)].every(Number.isFinite)) return undefined;
  return `loss ${loss}, gradient norm ${gradientNorm}`;
}

/** Statistics without those that are not finite (a ratio of a batch with no variance, say): JSON cannot hold them. */
export function finiteStats(stats: StepStats): StepStats {
  const statistics: Numbers = Object.fromEntries(Object.entries(stats.statistics).filter(hasFinite));
  return { ...stats, statistics };
}

/** The statistics that {@link finiteStats} leaves out, in words. */
export function undefinedStatistics(stats: StepStats): readonly string[] {
  return Object.entries(stats.statistics)
    .filter((entry) => !hasFinite(entry))
    .map(([name, value]) => `${name} is ${value}`);
}

function isWhole(data: Float32Array | Int32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/**
 * Name of an array that holds NaN or an infinity. Statistics are of the batch before the update, so a step that reports a
 * finite loss may still leave such weights behind.
 *
 * Buffers of the engine are left out: an infinity may be a good "not yet" there.
 */
export function firstNotFinite(form: InferenceForm, state: EngineState): string | undefined {
  const { encoder, encoderBias, decoder, decoderBias, threshold, extra = {} } = form;
  const arrays = [
    ...Object.entries({ encoder, encoderBias, decoder, decoderBias }),
    ...(threshold === undefined ? [] : [["threshold", threshold] as const]),
    ...Object.entries(extra).map(([name, { data }]) => [name, data] as const),
    ...Object.entries(state.arrays)
      .filter(([name]) => !name.startsWith("buffer/"))
      .map(([name, { data }]) => [name, data] as const),
  ];
  return arrays.find(([, data]) => !isWhole(data))?.[0];
}
