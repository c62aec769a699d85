import type { EngineState } from "@plumbline/core";
import { arrayOf, parameterNames, type ReferenceCase } from "../case.ts";
import { type CaseFindings, violate } from "../findings.ts";
import { dot, float64, norm } from "../reference/numbers.ts";

/** What an update may be off by, relative to the parameter and to its step. */
const tolerance = 1e-6;

interface Moved {
  readonly value: Float64Array;
  readonly width: number;
  /** [rows] what each row may be off by */
  readonly allowed: Float64Array;
}

/** Adam's update from moments as an engine exports them, in float64. */
function moved(
  before: EngineState,
  after: EngineState,
  name: string,
  made: { one: ReferenceCase; lr: number },
): Moved {
  const { rule, dIn } = made.one;
  const [old, mean, variance] = [
    arrayOf(before, `parameter/${name}`),
    arrayOf(after, `optimizer/mean/${name}`),
    arrayOf(after, `optimizer/variance/${name}`),
  ];
  const t = before.nSteps + 1;
  const stepSize = made.lr / (1 - rule.beta1 ** t);
  const spread = Math.sqrt(1 - rule.beta2 ** t);
  const width =
    name === "encoder" || name === "encoderFree" || name === "decoder" || name === "decoderBias" ? dIn : 1;
  const value = new Float64Array(old.length);
  const update = new Float64Array(old.length);
  for (let i = 0; i < old.length; i++) {
    update[i] = (stepSize * (mean[i] as number)) / (Math.sqrt(variance[i] as number) / spread + rule.epsilon);
    value[i] = (old[i] as number) - (update[i] as number);
  }
  const rows = old.length / width;
  const from = float64(old);
  const allowed = Float64Array.from(
    { length: rows },
    (_, row) => tolerance * (norm(from, row * width, width) + norm(update, row * width, width)),
  );
  return { value, width, allowed };
}

/** Puts rows back to norm 1. */
function unitRows({ value, width, allowed }: Moved): Moved {
  const out = value.slice();
  const off = allowed.map((most, row) => {
    const size = norm(value, row * width, width);
    for (let i = row * width; i < (row + 1) * width; i++)
      out[i] = (value[i] as number) / Math.max(size, 1e-18);
    return tolerance + (size > 0 ? most / size : 0);
  });
  return { value: out, width, allowed: off };
}

/** Puts free rows back off the decoder rows. */
function offDecoder(free: Moved, decoder: Moved): Moved {
  const { width } = free;
  const out = free.value.slice();
  const off = free.allowed.map((most, row) => {
    const along = dot(free.value, row * width, decoder.value, row * width, width);
    for (let i = row * width; i < (row + 1) * width; i++)
      out[i] = (out[i] as number) - along * (decoder.value[i] as number);
    const size = norm(free.value, row * width, width);
    return 2 * most + 2 * size * (decoder.allowed[row] as number);
  });
  return { value: out, width, allowed: off };
}

/** Parameters after a step against Adam in float64 from the moments after it. */
export function compareUpdate(
  found: CaseFindings,
  who: string,
  made: { before: EngineState; after: EngineState; one: ReferenceCase; lr: number },
): void {
  const { before, after, one } = made;
  const plain = new Map(
    parameterNames(before).map((name) => [name, moved(before, after, name, made)] as const),
  );
  const decoder = plain.get("decoder");
  if (decoder !== undefined && one.rule.unitRows) plain.set("decoder", unitRows(decoder));
  const [free, units] = [plain.get("encoderFree"), plain.get("decoder")];
  if (free !== undefined && units !== undefined && one.rule.map === "projection")
    plain.set("encoderFree", offDecoder(free, units));
  for (const [name, { value, width, allowed }] of plain) {
    const got = arrayOf(after, `parameter/${name}`);
    for (let row = 0; row < allowed.length; row++) {
      let square = 0;
      for (let i = row * width; i < (row + 1) * width; i++)
        square += ((got[i] as number) - (value[i] as number)) ** 2;
      const [difference, most] = [Math.sqrt(square), (allowed[row] as number) + 2 ** -140];
      if (!(difference <= most)) {
        violate(
          found,
          `${who}: update of ${name}, row ${row}, is off by ${difference.toExponential(2)}, allowed ${most.toExponential(2)}`,
        );
        break;
      }
      found.all.meet("updates, relative (limit 1e-6)", (tolerance * difference) / most, found.index);
    }
  }
  if (after.nSteps !== before.nSteps + 1)
    violate(found, `${who}: ${after.nSteps} steps after ${before.nSteps}`);
}

/** Moments after a step against their formulas, from the gradient and the moments before. */
export function compareMoments(
  found: CaseFindings,
  who: string,
  made: {
    before: EngineState;
    after: EngineState;
    one: ReferenceCase;
    gradient: (name: string) => Float64Array;
  },
): void {
  const { before, after, one } = made;
  const { beta1, beta2 } = one.rule;
  for (const name of parameterNames(before)) {
    const gradient = made.gradient(name);
    for (const [kind, beta, power] of [
      ["mean", beta1, 1],
      ["variance", beta2, 2],
    ] as const) {
      const [old, got] = [
        arrayOf(before, `optimizer/${kind}/${name}`),
        arrayOf(after, `optimizer/${kind}/${name}`),
      ];
      for (let i = 0; i < got.length; i++) {
        const [kept, added] = [beta * (old[i] as number), (1 - beta) * (gradient[i] as number) ** power];
        const most = tolerance * (Math.abs(kept) + Math.abs(added)) + 2 ** -144;
        const difference = Math.abs((got[i] as number) - kept - added);
        if (!(difference <= most)) {
          violate(found, `${who}: ${kind} of ${name}, entry ${i}, is ${got[i]}, expected ${kept + added}`);
          break;
        }
        found.all.meet("moments, relative (limit 1e-6)", (tolerance * difference) / most, found.index);
      }
    }
  }
}
