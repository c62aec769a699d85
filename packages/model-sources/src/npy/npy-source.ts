import type { ActivationSource } from "@plumbline/core";
import { widenFloats } from "@plumbline/safetensors";
import { matrixShape, type RowSourceOptions, rowSource } from "../row-source.ts";
import {
  defaultNpyLimits,
  type NpyLimits,
  npyHeaderRange,
  npyPrefixBytes,
  parseNpyHeader,
} from "./npy-header.ts";

/**
 * The rows of a NumPy array in memory, as `numpy.save()` writes it: `<f4`, `<f2` (widened exactly) or `<f8` (rounded to
 * float32), C order.
 *
 * @param bytes the file; rows are read from it when asked for, so leave it unchanged
 * @param options.where name of the file, for messages
 * @param options.limits replaces some of {@link defaultNpyLimits}
 * @throws PlumblineError (kind `input`) `not-npy`, `unknown-npy-version`, `truncated-file`, `bad-header`,
 *   `unsupported-dtype`, `fortran-order`, `size-mismatch`, `not-a-matrix`, `limit-exceeded`
 * @source numpy/lib/format.py; agrees with files of NumPy 2.4.6 in `fixtures/npy`
 * @example
 * import { npySource } from "@plumbline/model-sources";
 *
 * const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
 * const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0, ...new TextEncoder().encode(header)];
 * const values = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
 * const source = npySource(Uint8Array.from([...start, ...values]));
 * for await (const { rows } of source.chunks()) console.log(source.dIn, rows); // 3 Float32Array(6) [ 1, 2, 3, 4, 5, 6 ]
 */
export function npySource(
  bytes: Uint8Array,
  options: RowSourceOptions & { readonly where?: string; readonly limits?: Partial<NpyLimits> } = {},
): ActivationSource {
  const { where = "npy bytes", flatten = false } = options;
  const limits = { ...defaultNpyLimits, ...options.limits };
  const range = npyHeaderRange(bytes.subarray(0, npyPrefixBytes), { fileBytes: bytes.length, where, limits });
  const dataStart = range.start + range.length;
  const { dtype, shape } = parseNpyHeader(bytes.subarray(range.start, dataStart), {
    start: range.start,
    dataBytes: bytes.length - dataStart,
    where,
    limits,
  });
  const { nRows, dIn } = matrixShape(shape, { flatten, from: "npySource()", where });
  const rowBytes = (bytes.length - dataStart) / nRows;
  return rowSource({
    name: "npy",
    nRows,
    dIn,
    options,
    provenance: { format: "npy", dtype },
    open: async () => ({
      read: async (start, count) => {
        const rows = new Float32Array(count * dIn);
        const from = dataStart + start * rowBytes;
        widenFloats(bytes.subarray(from, from + count * rowBytes), dtype, rows);
        return { nRows: count, rows };
      },
      close: async () => undefined,
    }),
  });
}
