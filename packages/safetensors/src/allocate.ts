import { fileError, quote } from "./errors.ts";

/**
 * A new array for a tensor's values.
 *
 * @throws PlumblineError (kind `input`) `tensor-too-large` where there is no memory for it
 */
export function allocate<A>(
  type: { new (length: number): A },
  length: number,
  context: { name: string; from: string; where: string },
): A {
  try {
    return new type(length);
  } catch (cause) {
    throw fileError({
      code: "tensor-too-large",
      message: `${context.from}: no memory for an array of ${length} elements`,
      where: `${context.where}, tensor ${quote(context.name)}`,
      hint: "open the file and read it by rows",
      cause,
    });
  }
}
