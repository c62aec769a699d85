import { gamma, probable, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";
import type { Scores } from "./scores.ts";
import { kept, out, unsure } from "./selection.ts";

/**
 * Latents of a batch as they are decoded, `[B, F]`. Where float32 cannot tell whether one passes, its error is all of it, so
 * that whatever an engine decides is within the bounds that follow.
 */
export interface Code {
  readonly value: Float64Array;
  readonly error: Float64Array;
  /** whether the gradient passes */
  readonly passes: Uint8Array;
  /** whether the pair counts as fired */
  readonly fires: Uint8Array;
  /** `jumprelu`: whether the pair is within half a bandwidth of its threshold */
  readonly near: Uint8Array;
  /** `jumprelu`: the same of what L0 counts */
  readonly countedNear: Uint8Array;
  /** `jumprelu`: whether L0 counts the pair */
  readonly counted: Uint8Array;
}

function emptyCode(size: number): { -readonly [K in keyof Code]: Code[K] } {
  const none = new Uint8Array(size);
  return {
    value: new Float64Array(size),
    error: new Float64Array(size),
    passes: new Uint8Array(size),
    fires: new Uint8Array(size),
    near: none,
    countedNear: none,
    counted: none,
  };
}

/** The share of a score's worst error that its value is held to, once it is clear what becomes of it. */
const usual = (dIn: number): number => probable(dIn) / gamma(dIn);

/** The code of a selection that is known: pairs above 0 that were kept. */
export function codeOfSelection({ dIn }: Problem, scores: Scores, marks: Uint8Array): Code {
  const code = emptyCode(marks.length);
  for (let i = 0; i < marks.length; i++) {
    if (marks[i] !== kept) continue;
    code.value[i] = scores.raw[i] as number;
    // An engine may divide a rank out again.
    code.error[i] =
      usual(dIn) * (scores.rawError[i] as number) + 4 * unit * Math.abs(scores.raw[i] as number);
    code.passes[i] = code.fires[i] = kept;
  }
  return code;
}

export function codeOfRelu({ dIn }: Problem, scores: Scores): Code {
  const code = emptyCode(scores.raw.length);
  for (let i = 0; i < scores.raw.length; i++) {
    const [value, error] = [scores.raw[i] as number, scores.rawError[i] as number];
    const mark = value > error ? kept : value > -error ? unsure : out;
    if (mark === out || (error === 0 && value <= 0)) continue;
    code.value[i] = Math.max(value, 0);
    code.error[i] = mark === kept ? usual(dIn) * error : Math.abs(value) + error;
    code.passes[i] = code.fires[i] = mark;
  }
  return code;
}

/** Above 0 for certain, perhaps, or not. */
function sign(distance: number, slack: number): number {
  if (slack === 0) return distance > 0 ? kept : out;
  return distance > slack ? kept : distance > -slack ? unsure : out;
}

const both = (a: number, b: number): number =>
  a === out || b === out ? out : a === kept && b === kept ? kept : unsure;

/** Thresholds that jump: what passes is over them, what gives them a gradient is beside them. */
export function codeOfJump(problem: Problem, scores: Scores): Code {
  const { rule, dSae, theta, thetaError, exact } = problem;
  const size = scores.raw.length;
  const code = {
    ...emptyCode(size),
    near: new Uint8Array(size),
    countedNear: new Uint8Array(size),
    counted: new Uint8Array(size),
  };
  const half = Math.fround(rule.bandwidth / 2);
  for (let i = 0; i < size; i++) {
    const [raw, rawError, limit] = [
      scores.raw[i] as number,
      scores.rawError[i] as number,
      theta[i % dSae] as number,
    ];
    const slack = rawError + thetaError * Math.abs(limit);
    const passes = sign(raw - limit, slack);
    // The difference is rounded once more before it is compared.
    const distance = exact && slack === 0 ? Math.fround(raw - limit) : raw - limit;
    const slackOfDistance = slack === 0 ? 0 : slack + unit * (Math.abs(distance) + half);
    const near = sign(half - Math.abs(distance), slackOfDistance);
    code.passes[i] = passes;
    code.fires[i] = both(passes, sign(raw, rawError));
    code.near[i] = near;
    if (passes !== out) {
      code.value[i] = raw;
      code.error[i] = passes === kept ? usual(problem.dIn) * rawError : Math.abs(raw) + rawError;
    }
    const silentNear = sign(half - Math.abs(limit), thetaError * Math.abs(limit));
    const silentOver = limit < 0 ? kept : out;
    if (!rule.countsLatents) {
      code.countedNear[i] = near;
      code.counted[i] = passes;
    } else if (passes === unsure) {
      code.countedNear[i] = near === silentNear ? near : unsure;
      code.counted[i] = unsure;
    } else {
      code.countedNear[i] = passes === kept ? near : silentNear;
      code.counted[i] = passes === kept ? kept : silentOver;
    }
  }
  return code;
}

/** How many pairs count for certain, and how many more may. */
export function countOf(marks: Uint8Array): { sure: number; maybe: number } {
  let [sure, maybe] = [0, 0];
  for (const mark of marks) {
    if (mark === kept) sure += 1;
    if (mark === unsure) maybe += 1;
  }
  return { sure, maybe };
}
