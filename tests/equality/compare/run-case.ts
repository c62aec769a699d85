import {
  createRandom,
  type EngineState,
  type SaeEngine,
  type SparseLatents,
  type StepStats,
} from "@plumbline/core";
import { type EqualityCase, type ReferenceCase, withArrays } from "../case.ts";
import { type Engines, openEngine } from "../engines.ts";
import { type CaseFindings, type Findings, violate } from "../findings.ts";
import { genericScores, nativeScores, unequalTie } from "../probes.ts";
import { type Problem, problemOf } from "../reference/problem.ts";
import { type StepReference, stepOf } from "../reference/reference.ts";
import { type Scores, scoresOf } from "../reference/scores.ts";
import { certainLargest, equalsOf, keepLargest, kept, out, unsure } from "../reference/selection.ts";
import { keptBy, ruleOf } from "../rule.ts";
import { compareBytes, type Trace, traceOf } from "./bytes.ts";
import { compareDecode, compareLatents, inferenceMarks } from "./encode.ts";
import { compareBoth, compareGradients, gradientOf } from "./gradients.ts";
import { compareLosses, compareStats } from "./numbers.ts";
import { compareMoments, compareUpdate } from "./optimizer.ts";

/** Which pairs each engine keeps in a step; absent for rules that look at each score alone. */
interface Choices {
  readonly generic?: Uint8Array;
  readonly native?: Uint8Array;
  readonly nearTies: number;
}

/**
 * Selections of both engines. Where float64 decides every pair, it is the same for both. Else each engine's own scores under
 * the tie rule give its selection, which may differ from the other only where float64 cannot tell.
 */
async function choicesOf(
  found: CaseFindings,
  one: ReferenceCase,
  problem: Problem,
  scores: Scores,
  engines: Engines,
): Promise<Choices> {
  const { rule, dSae, nTokens } = one;
  if (rule.kind !== "topk" && rule.kind !== "batch-topk") return { nearTies: 0 };
  const { k } = one.controls.scalars;
  const n = keptBy(rule, { ...(k === undefined ? {} : { k }), dSae, nTokens });
  const options = { n, width: dSae, perRow: rule.kind === "topk" };
  const { ranked, rankedError } = scores;
  if (rankedError.every((error) => error === 0)) {
    found.all.count("configurations of exact sums, every tie compared");
    const marks = keepLargest(ranked, options);
    return { generic: marks, native: marks, nearTies: 0 };
  }
  const equals = equalsOf(problem);
  const marks = certainLargest({ scores: ranked, error: rankedError, equals }, options);
  const nearTies = marks.reduce((sum, mark) => sum + (mark === unsure ? 1 : 0), 0);
  if (nearTies === 0) return { generic: marks, native: marks, nearTies };
  const own = async (who: string, read: Promise<Float32Array>): Promise<Uint8Array> => {
    const given = await read;
    const unequal = unequalTie(given, equals);
    if (unequal !== undefined) violate(found, `${who}: ${unequal}`);
    const chosen = keepLargest(given, options);
    const wrong = chosen.findIndex(
      (mark, i) => (marks[i] === kept && mark === out) || (marks[i] === out && mark === kept),
    );
    if (wrong !== -1) violate(found, `${who}: the score of pair ${wrong} is not within its bound`);
    return chosen;
  };
  const generic = await own("generic", genericScores(one));
  const native = await own("native", nativeScores(one, engines.native.backend));
  const split = generic.reduce((sum, mark, i) => sum + (mark === native[i] ? 0 : 1), 0);
  if (split > 0) found.all.count("configurations whose near-ties the engines resolve differently");
  return { generic, native, nearTies };
}

interface Stepped {
  readonly who: "generic" | "native";
  readonly stats: StepStats;
  readonly after: EngineState;
  readonly latents: SparseLatents;
}

function compareBuffers(found: CaseFindings, { who, after }: Stepped, reference: StepReference): void {
  const since = after.arrays["buffer/tokensSinceFired"]?.data ?? [];
  const wrong = reference.tokensSinceFired.findIndex(
    ({ value, or }, f) => since[f] !== value && since[f] !== or,
  );
  if (wrong !== -1) {
    violate(
      found,
      `${who}: tokensSinceFired of latent ${wrong} is ${since[wrong]}, expected ${reference.tokensSinceFired[wrong]?.value}`,
    );
  }
  for (const [name, { value, error }] of Object.entries(reference.buffers)) {
    const got = after.arrays[`buffer/${name}`]?.data[0] ?? Number.NaN;
    if (!(Math.abs(got - value) <= 1e-5 * Math.abs(value) + error))
      violate(found, `${who}: ${name} is ${got}, expected ${value} ± ${error}`);
  }
}

/** One engine's step against the reference of its own selection. */
function compareStep(found: CaseFindings, one: ReferenceCase, step: Stepped, reference: StepReference): void {
  const { who, stats, after } = step;
  compareBuffers(found, step, reference);
  if (reference.undetermined !== undefined) return;
  compareStats(found, { who, stats }, reference);
  compareGradients(found, who, { after, one, reference });
  compareUpdate(found, who, { before: one.state, after, one, lr: one.controls.lr });
  compareMoments(found, who, {
    before: one.state,
    after,
    one,
    gradient: (name) => gradientOf(after, name, one),
  });
}

/** A step from first moments that are not zero; the gradient is known from the step before. */
async function compareMomentum(
  found: CaseFindings,
  one: ReferenceCase,
  after: EngineState,
  engines: Engines,
): Promise<void> {
  const random = createRandom(one.index, "moments");
  const means: Record<string, Float32Array> = {};
  for (const [name, { data }] of Object.entries(after.arrays)) {
    if (!name.startsWith("optimizer/mean/")) continue;
    const gradient = gradientOf(after, name.slice("optimizer/mean/".length), one);
    means[name] = Float32Array.from(
      data,
      (_, i) => random.normal() * (0.01 + Math.abs(gradient[i] as number)),
    );
  }
  const before = withArrays(one.state, means);
  const engine = await openEngine(engines.native.backend, one, before);
  await engine.step(one.batch, one.controls);
  const made = { before, after: await engine.exportState(), one };
  engine.dispose();
  compareUpdate(found, "native, momentum", { ...made, lr: one.controls.lr });
  compareMoments(found, "native, momentum", { ...made, gradient: (name) => gradientOf(after, name, one) });
}

async function stepGeneric(one: EqualityCase, engine: SaeEngine): Promise<Stepped> {
  const latents = await engine.encode(one.batch);
  const stats = await engine.step(one.batch, one.controls);
  if (stats === undefined) throw new Error("the generic engine gave no statistics");
  return { who: "generic", stats, after: await engine.exportState(), latents };
}

function compareEncode(
  found: CaseFindings,
  one: ReferenceCase,
  problem: Problem,
  steps: readonly Stepped[],
): void {
  const scores = scoresOf(problem, { folded: true });
  const marks = inferenceMarks(one, problem, scores);
  found.all.count(
    "near-ties in encode",
    marks.reduce((sum, mark) => sum + (mark === unsure ? 1 : 0), 0),
  );
  for (const { who, latents } of steps) compareLatents(found, { who, latents }, { one, scores, marks });
}

function compareSteps(
  found: CaseFindings,
  one: ReferenceCase,
  made: { problem: Problem; scores: Scores; choices: Choices; generic: Stepped; native: Stepped },
): StepReference {
  const { problem, scores, choices, generic, native } = made;
  const same =
    choices.generic === undefined || Buffer.from(choices.generic).equals(Buffer.from(choices.native ?? []));
  const reference = stepOf(one, problem, scores, { selection: choices.generic, controls: one.controls });
  const ofNative = same
    ? reference
    : stepOf(one, problem, scores, { selection: choices.native, controls: one.controls });
  const nearTies = choices.nearTies + reference.undecided;
  const family = found.all.family(one.family);
  family.nearTies += nearTies;
  if (nearTies > 0) found.all.count("configurations with near-ties");
  if (one.rule.penalty !== "none") {
    // The fused engine takes dense products where many fire and pairs where few do.
    const share = (reference.statistics.l0?.value ?? 0) / one.dSae;
    found.all.count(
      `penalised configurations in which ${share > 0.12 ? "more" : "less"} than 12% of the latents fire`,
    );
  }
  if (reference.undetermined !== undefined) found.all.skip(`gradients only: ${reference.undetermined}`);
  compareStep(found, one, generic, reference);
  compareStep(found, one, native, ofNative);
  if (!same || reference.undetermined !== undefined) return reference;
  compareLosses(found, generic.stats, native.stats, reference);
  compareBoth(found, { generic: generic.after, native: native.after, one, reference });
  return reference;
}

/** Everything that must hold of one configuration. */
export async function runCase(one: EqualityCase, engines: Engines, all: Findings): Promise<void> {
  const family = all.family(one.family);
  family.drawn += 1;
  const reason = engines.native.backend.unsupported(one.architecture as never);
  if (reason !== undefined) {
    all.skip(reason);
    return;
  }
  family.compared += 1;
  const found: CaseFindings = { index: one.index, label: one.label, all };
  const known: ReferenceCase = { ...one, rule: ruleOf(one.architecture as never, one) };
  const problem = problemOf(known);
  const scores = scoresOf(problem, { folded: false });
  const choices = await choicesOf(found, known, problem, scores, engines);
  const genericEngine = await openEngine(engines.generic, one);
  const generic = await stepGeneric(one, genericEngine);
  await genericEngine.importState(one.state);
  const nativeEngine = await openEngine(engines.native.backend, one);
  const trace: Trace = await traceOf(nativeEngine, one);
  const stats = trace.stats[0];
  if (stats === undefined) throw new Error("the native engine gave no statistics");
  const native: Stepped = { who: "native", stats, after: trace.first, latents: trace.before };
  const reference = compareSteps(found, known, { problem, scores, choices, generic, native });
  compareEncode(found, known, problem, [generic, native]);
  await nativeEngine.importState(one.state);
  await compareDecode(found, known, problem, {
    engines: [
      { who: "generic", engine: genericEngine },
      { who: "native", engine: nativeEngine },
    ],
    latents: trace.before,
  });
  genericEngine.dispose();
  nativeEngine.dispose();
  if (reference.undetermined === undefined) await compareMomentum(found, known, trace.first, engines);
  await compareBytes(found, one, { native: engines.native, trace, variants: engines.variants });
}
