import { z } from "zod";

/** How token ids become a graph's inputs. */
export type GraphInputs =
  | {
      readonly layout: "padded";
      readonly ids: string;
      readonly mask?: string | undefined;
      readonly padId: number;
    }
  | { readonly layout: "indices-values"; readonly indices: string; readonly values: string };

export const graphInputsSchema: z.ZodType<GraphInputs> = z.discriminatedUnion("layout", [
  z.strictObject({
    layout: z.literal("padded"),
    ids: z.string().default("input_ids").describe("input that takes ids, int32 [batch, longest]"),
    mask: z
      .string()
      .optional()
      .describe("input that takes 1 for tokens and 0 for padding, of the same shape"),
    padId: z.int().min(0).default(0).describe("id that fills up shorter sequences"),
  }),
  z.strictObject({
    layout: z.literal("indices-values"),
    indices: z
      .string()
      .default("indices")
      .describe("input that takes (sequence, position) of each token, int32 [n, 2]"),
    values: z.string().default("values").describe("input that takes the ids, int32 [n]"),
  }),
]);

/** An int32 array with its shape, to be made a tensor. */
export interface IntArray {
  readonly data: Int32Array;
  readonly shape: readonly [number] | readonly [number, number];
}

/** The inputs of one run on several sequences, by name. */
export function arrangeInputs(
  sequences: readonly Int32Array[],
  inputs: GraphInputs,
): Readonly<Record<string, IntArray>> {
  if (inputs.layout === "indices-values") {
    const places = sequences.flatMap((ids, sequence) =>
      Array.from(ids, (_, position) => [sequence, position]),
    );
    const values = Int32Array.from(sequences.flatMap((ids) => [...ids]));
    return {
      [inputs.indices]: { data: Int32Array.from(places.flat()), shape: [values.length, 2] },
      [inputs.values]: { data: values, shape: [values.length] },
    };
  }
  const longest = Math.max(...sequences.map((ids) => ids.length));
  const shape = [sequences.length, longest] as const;
  const ids = new Int32Array(sequences.length * longest).fill(inputs.padId);
  const mask = new Int32Array(sequences.length * longest);
  for (const [row, sequence] of sequences.entries()) {
    ids.set(sequence, row * longest);
    mask.fill(1, row * longest, row * longest + sequence.length);
  }
  return {
    [inputs.ids]: { data: ids, shape },
    ...(inputs.mask === undefined ? {} : { [inputs.mask]: { data: mask, shape } }),
  };
}
