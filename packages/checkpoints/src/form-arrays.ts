import type { ActivationRule, InferenceForm, NamedArray, PlumblineError } from "@plumbline/core";
import { checkpointError, quote } from "./errors.ts";
import type { Arrays } from "./tensor-file.ts";

const extraPrefix = "extra/";
/** What a gated rule has beside the standard tensors, `[dSae]` each. */
const gatedExtras = ["magnitudeBias", "magnitudeScale"] as const;

/** How a function complains about a tensor of an inference form. */
export type Complain = (code: string, tensor: string, message: string) => PlumblineError;

/** Shapes of the tensors that a form with this rule has; further `extra/…` of a custom rule come on top. */
function expectedShapes(
  widths: { dIn: number; dSae: number },
  rule: ActivationRule,
  withThreshold: boolean,
): ReadonlyMap<string, readonly number[]> {
  const { dIn, dSae } = widths;
  const shapes = new Map<string, readonly number[]>([
    ["decoder", [dSae, dIn]],
    ["decoderBias", [dIn]],
    ["encoder", [dSae, dIn]],
    ["encoderBias", [dSae]],
  ]);
  if (rule.kind === "jumprelu" || (rule.kind === "custom" && withThreshold)) shapes.set("threshold", [dSae]);
  if (rule.kind === "gated") for (const name of gatedExtras) shapes.set(extraPrefix + name, [dSae]);
  return shapes;
}

/** The arrays of a form under the names they have in a file; nothing is checked. */
export function arraysOf(form: InferenceForm): Arrays {
  const { dIn, dSae, encoder, encoderBias, decoder, decoderBias, threshold, extra = {} } = form;
  return {
    encoder: { shape: [dSae, dIn], data: encoder },
    encoderBias: { shape: [dSae], data: encoderBias },
    decoder: { shape: [dSae, dIn], data: decoder },
    decoderBias: { shape: [dIn], data: decoderBias },
    ...(threshold && { threshold: { shape: [dSae], data: threshold } }),
    ...Object.fromEntries(Object.entries(extra).map(([name, array]) => [extraPrefix + name, array])),
  };
}

function checkValues(name: string, { shape, data }: NamedArray, complain: Complain): void {
  const length = shape.reduce((product, size) => product * size, 1);
  if (data.length !== length) {
    throw complain(
      "shape-mismatch",
      name,
      `expected ${length} values for shape [${shape.join(", ")}], got ${data.length}`,
    );
  }
  const width = shape.at(-1) ?? 1;
  // Integers are finite: nothing is found in them.
  const place = data.findIndex((value: number) => value - value !== 0);
  if (place < 0) return;
  const at =
    shape.length === 2 ? `row ${Math.floor(place / width)}, column ${place % width}` : `element ${place}`;
  throw complain("not-finite", name, `${at} is ${data[place]}, expected finite weights`);
}

/**
 * Compares arrays with what a form of these widths and this rule must have.
 *
 * @throws what `complain` makes of `missing-tensor`, `extra-tensor`, `shape-mismatch`, `dtype-mismatch`, `not-finite`
 */
export function checkFormArrays(
  arrays: Arrays,
  form: { dIn: number; dSae: number; activation: ActivationRule },
  complain: Complain,
): void {
  const { activation } = form;
  const shapes = expectedShapes(form, activation, Object.hasOwn(arrays, "threshold"));
  for (const [name, shape] of shapes) {
    const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (array === undefined) {
      throw complain("missing-tensor", name, `a "${activation.kind}" SAE needs this tensor`);
    }
    if (!(array.data instanceof Float32Array))
      throw complain("dtype-mismatch", name, "expected float32 values");
    if (array.shape.join() !== shape.join()) {
      throw complain(
        "shape-mismatch",
        name,
        `expected shape [${shape.join(", ")}], got [${array.shape.join(", ")}]`,
      );
    }
  }
  for (const [name, array] of Object.entries(arrays)) {
    const isExtra = activation.kind === "custom" && name.startsWith(extraPrefix);
    if (!isExtra && !shapes.has(name)) {
      throw complain("extra-tensor", name, `a "${activation.kind}" SAE has no such tensor`);
    }
    checkValues(name, array, complain);
  }
}

/** The tensor members of a form, from checked arrays. */
export function formMembers(
  arrays: Arrays,
): Pick<InferenceForm, "encoder" | "encoderBias" | "decoder" | "decoderBias" | "threshold" | "extra"> {
  const float = (name: string): Float32Array => arrays[name]?.data as Float32Array;
  const extra = Object.entries(arrays)
    .filter(([name]) => name.startsWith(extraPrefix))
    .map(([name, array]) => [name.slice(extraPrefix.length), array] as const);
  return {
    encoder: float("encoder"),
    encoderBias: float("encoderBias"),
    decoder: float("decoder"),
    decoderBias: float("decoderBias"),
    ...(Object.hasOwn(arrays, "threshold") && { threshold: float("threshold") }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** Complaints about a form that is about to be saved. */
export function complainOfForm(from: string): Complain {
  return (code, tensor, message) =>
    checkpointError({
      code,
      kind: code === "not-finite" ? "diverged" : "bug",
      message: `${from}: ${message}`,
      where: `tensor ${quote(tensor)}`,
      ...(code === "not-finite" && { hint: "training diverged; the training state can still be saved" }),
    });
}
