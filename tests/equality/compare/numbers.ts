import type { StepStats } from "@plumbline/core";
import { type CaseFindings, violate } from "../findings.ts";
import type { Bounded } from "../reference/forward.ts";
import { unit } from "../reference/numbers.ts";
import type { StepReference } from "../reference/reference.ts";

/** What two engines may differ by beyond what rounding explains, relative. */
export const relative = 1e-5;

/** What a number may be off by: 1e-5 of it, and what float32 may lose on the way to it. */
export const allowed = ({ value, error }: Bounded): number => relative * Math.abs(value) + error;

/** Numbers beyond float32 are infinite in an engine that keeps them there. */
function isEqual(got: number, expected: number, tolerance: number): boolean {
  if (Math.abs(expected) > 3e38 && Math.abs(got) > 3e38) return Math.sign(got) === Math.sign(expected);
  return Math.abs(got - expected) <= tolerance;
}

export interface Reported {
  readonly who: string;
  readonly stats: StepStats;
}

function compareOne(
  found: CaseFindings,
  who: string,
  name: string,
  got: number | undefined,
  expected: Bounded,
): void {
  if (got === undefined || Number.isNaN(got)) {
    violate(found, `${who}: ${name} is ${got}`);
    return;
  }
  const tolerance = allowed(expected);
  if (!isEqual(got, expected.value, tolerance)) {
    violate(found, `${who}: ${name} is ${got}, expected ${expected.value} ± ${tolerance.toExponential(1)}`);
  }
}

/** Counts are exact; a pair that float32 cannot decide may count or not. */
function compareCount(
  found: CaseFindings,
  who: string,
  name: string,
  got: number | undefined,
  expected: Bounded,
): void {
  const slack = 4 * unit * expected.value;
  const [low, high] = [expected.value - slack, expected.value + expected.error + slack];
  if (!(got !== undefined && got >= low && got <= high)) {
    violate(
      found,
      `${who}: ${name} is ${got}, expected ${expected.value}${expected.error > 0 ? ` … ${high}` : ""}`,
    );
  }
}

const counts: readonly string[] = ["l0", "deadLatents"];

/** Loss, terms, norm and statistics of a step against the reference. */
export function compareStats(found: CaseFindings, { who, stats }: Reported, reference: StepReference): void {
  const terms = Object.keys(reference.terms);
  if (
    terms.some((name) => stats.terms[name] === undefined) ||
    Object.keys(stats.terms).length !== terms.length
  ) {
    violate(found, `${who}: terms are ${Object.keys(stats.terms).join()}, expected ${terms.join()}`);
  }
  for (const [name, expected] of Object.entries(reference.terms))
    compareOne(found, who, `term ${name}`, stats.terms[name], expected);
  compareOne(found, who, "loss", stats.loss, reference.loss);
  compareOne(found, who, "gradient norm", stats.gradientNorm, reference.gradientNorm);
  for (const [name, expected] of Object.entries(reference.statistics)) {
    const got = stats.statistics[name];
    if (counts.includes(name)) compareCount(found, who, `statistic ${name}`, got, expected);
    else if (Number.isFinite(expected.error)) compareOne(found, who, `statistic ${name}`, got, expected);
    else found.all.count("statistics lost in rounding");
  }
}

/** The two engines against each other, where they chose alike. */
export function compareLosses(
  found: CaseFindings,
  a: StepStats,
  b: StepStats,
  reference: StepReference,
): void {
  for (const [name, expected] of Object.entries(reference.terms)) {
    const [x, y] = [a.terms[name] ?? Number.NaN, b.terms[name] ?? Number.NaN];
    const size = Math.max(Math.abs(x), Math.abs(y));
    const difference = Math.abs(x - y);
    if (!(difference <= relative * size + 2 * expected.error))
      violate(found, `term ${name}: ${x} and ${y} differ`);
    if (size > 0 && expected.error < relative * size)
      found.all.meet("loss terms, relative", difference / size, found.index);
  }
}
