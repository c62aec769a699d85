import { allocate } from "../allocate.ts";
import { itemBytes } from "../dtype.ts";
import { quote, usageError } from "../errors.ts";
import type { TensorEntry } from "../tensor-entry.ts";
import { type Conversion, type OpenedFile, readElements } from "./read-elements.ts";

/** Values of a tensor, or of some of its rows, with their shape. */
export interface TensorValues<A> {
  readonly shape: readonly number[];
  readonly data: A;
}

const elementsOf = (entry: TensorEntry): number => (entry.byteEnd - entry.byteStart) / itemBytes(entry.dtype);

/** What is read of which tensor, by which function. */
export interface Request {
  readonly entry: TensorEntry;
  readonly start: number;
  readonly count: number;
  readonly from: string;
}

/** Makes sure that `start` and `count` lie within `total`. */
function checkRange(request: Request, unit: "row" | "element", total: number, where: string): void {
  const { entry, start, count, from } = request;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (whole && start + count <= total) return;
  throw usageError({
    code: `${unit}-out-of-range`,
    message: `${from}: expected ${unit}s within 0 to ${total} of shape [${entry.shape.join(", ")}], got ${start} to ${start + count}`,
    where: `${where}, tensor ${quote(entry.name)}`,
  });
}

/** Reads elements into `out`, or into a new array. */
export async function readInto<A extends Float32Array | Int32Array>(
  opened: OpenedFile,
  request: Request,
  out: A | undefined,
  conversion: Conversion<A>,
): Promise<A> {
  const { entry, start, count, from } = request;
  const { path: where } = opened;
  checkRange(request, "element", elementsOf(entry), where);
  if (out !== undefined && out.length !== count) {
    throw usageError({
      code: "shape-mismatch",
      message: `${from}: expected room for exactly ${count} values, got ${out.length}`,
      where: `${where}, tensor ${quote(entry.name)}`,
    });
  }
  const data = out ?? allocate(conversion.type, count, { name: entry.name, from, where });
  await readElements(opened, { entry, first: start, from }, data, conversion);
  return data;
}

/** {@link readInto} for rows along the first axis. */
export async function readRows<A extends Float32Array | Int32Array>(
  opened: OpenedFile,
  request: Request,
  out: A | undefined,
  conversion: Conversion<A>,
): Promise<TensorValues<A>> {
  const { entry, start, count } = request;
  const [nRows = 0, ...rest] = entry.shape;
  checkRange(request, "row", nRows, opened.path);
  const perRow = rest.reduce((product, size) => product * size, 1);
  const elements = { ...request, start: start * perRow, count: count * perRow };
  return { shape: [count, ...rest], data: await readInto(opened, elements, out, conversion) };
}

/** {@link readInto} for all of a tensor. */
export async function readWhole<A extends Float32Array | Int32Array>(
  opened: OpenedFile,
  entry: TensorEntry,
  from: string,
  conversion: Conversion<A>,
): Promise<TensorValues<A>> {
  const request = { entry, start: 0, count: elementsOf(entry), from };
  return { shape: entry.shape, data: await readInto(opened, request, undefined, conversion) };
}
