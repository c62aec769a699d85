import { usageError } from "../errors.ts";
import type { OnnxDimension, OnnxValue } from "./onnx-model.ts";
import { elementTypeName } from "./runtime.ts";

/** An input of a model, to be made a tensor of the runtime. */
export interface InputArray {
  readonly type: string;
  readonly data: BigInt64Array | Int32Array | Float32Array | Uint16Array | Uint8Array;
  readonly dimensions: readonly number[];
}

/** Token sequences side by side, filled up to the longest. */
export interface PaddedTokens {
  readonly nSequences: number;
  readonly nPositions: number;
  /** [nSequences, nPositions] */
  readonly ids: Int32Array;
  /** 1 for tokens, 0 for padding */
  readonly mask: Uint8Array;
}

/** @param padId what fills up shorter sequences; models do not see it through their mask */
export function padTokens(sequences: readonly Int32Array[], padId: number): PaddedTokens {
  const nPositions = Math.max(0, ...sequences.map((ids) => ids.length));
  const ids = new Int32Array(sequences.length * nPositions).fill(padId);
  const mask = new Uint8Array(sequences.length * nPositions);
  for (const [row, sequence] of sequences.entries()) {
    ids.set(sequence, row * nPositions);
    mask.fill(1, row * nPositions, row * nPositions + sequence.length);
  }
  return { nSequences: sequences.length, nPositions, ids, mask };
}

/** The same numbers in 64 bits, by their halves: a bigint for each takes ten times as long. ONNX Runtime runs on little-endian machines. */
function int64Of(values: Int32Array | Uint8Array): BigInt64Array {
  const halves = new Int32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    halves[2 * i] = value;
    halves[2 * i + 1] = value >> 31;
  }
  return new BigInt64Array(halves.buffer);
}

/** Whole numbers as the model wants them. */
function numbersOf(
  input: OnnxValue,
  values: Int32Array | Uint8Array,
  dimensions: readonly number[],
): InputArray {
  const type = elementTypeName(input.elementType);
  const make: Readonly<Record<string, () => InputArray["data"]>> = {
    int64: () => int64Of(values),
    int32: () => Int32Array.from(values),
    float32: () => Float32Array.from(values),
    bool: () => Uint8Array.from(values),
  };
  const data = make[type]?.();
  if (data !== undefined) return { type, data, dimensions };
  throw usageError({
    code: "unsupported-input",
    message: `expected the input "${input.name}" to take int64, int32, float32 or bool, it takes ${type}`,
    hint: "export the model with int64 token ids",
  });
}

/** The cache of a decoder, empty: as many axes of length 0 as there are unknown ones beside the batch. */
function emptyCache(input: OnnxValue, nSequences: number): InputArray {
  const type = elementTypeName(input.elementType);
  const dimensions = (input.dimensions ?? []).map((size: OnnxDimension, axis) => {
    if (axis === 0) return nSequences;
    return typeof size === "number" ? size : 0;
  });
  const data = type === "float16" ? new Uint16Array() : new Float32Array();
  return { type, data, dimensions };
}

const counting = (tokens: PaddedTokens): Int32Array =>
  Int32Array.from({ length: tokens.nSequences * tokens.nPositions }, (_, i) => i % tokens.nPositions);

/** How inputs are known, by the names that exporters give them. */
const makers: readonly (readonly [RegExp, (input: OnnxValue, tokens: PaddedTokens) => InputArray])[] = [
  [/^input_ids$/, (input, t) => numbersOf(input, t.ids, [t.nSequences, t.nPositions])],
  [/^attention_mask$/, (input, t) => numbersOf(input, t.mask, [t.nSequences, t.nPositions])],
  [
    /^token_type_ids$/,
    (input, t) => numbersOf(input, new Uint8Array(t.mask.length), [t.nSequences, t.nPositions]),
  ],
  [/^position_ids$/, (input, t) => numbersOf(input, counting(t), [t.nSequences, t.nPositions])],
  [/^cache_position$/, (input, t) => numbersOf(input, counting({ ...t, nSequences: 1 }), [t.nPositions])],
  [/^(past_key_values|past)\b/, (input, t) => emptyCache(input, t.nSequences)],
  [/^use_cache_branch$/, (input) => numbersOf(input, Uint8Array.of(0), [1])],
  // How many logits: 0 is all.
  [/^num_logits_to_keep$/, (input) => numbersOf(input, Uint8Array.of(0), [])],
];

/**
 * What a language model's inputs are for some token sequences, by name.
 *
 * @throws PlumblineError `unsupported-input` for one that is not known
 */
export function tokenInputs(
  inputs: readonly OnnxValue[],
  tokens: PaddedTokens,
): Readonly<Record<string, InputArray>> {
  return Object.fromEntries(
    inputs.map((input) => {
      const maker = makers.find(([pattern]) => pattern.test(input.name));
      if (maker !== undefined) return [input.name, maker[1](input, tokens)];
      throw usageError({
        code: "unsupported-input",
        message: `the model has an input "${input.name}" that is not known to be made of token ids`,
        hint: "known are input_ids, attention_mask, token_type_ids, position_ids, cache_position, past_key_values.*, use_cache_branch and num_logits_to_keep",
      });
    }),
  );
}
