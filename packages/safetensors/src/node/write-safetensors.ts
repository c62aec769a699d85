import { type FileSystem, writeFileAtomically } from "@plumbline/core/node";
import { layoutOf, type TensorToWrite } from "../encode-safetensors.ts";
import { planFile } from "../plan-file.ts";

/**
 * Writes tensors to a safetensors file, whole or not at all. The bytes are those of `encodeSafetensors`; no second copy of
 * the data is made.
 *
 * @param tensors data with shapes, by name
 * @param metadata free text by key
 * @throws PlumblineError those of `encodeSafetensors`, `disk-full`, `no-permission`, `no-such-file` for a missing folder
 * @example
 * import { writeSafetensors } from "@plumbline/safetensors/node";
 *
 * await writeSafetensors("mean.safetensors", { mean: { shape: [3], data: Float32Array.of(1, 2, 3) } });
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  metadata?: Readonly<Record<string, string>>,
  options: { fileSystem?: FileSystem } = {},
): Promise<void> {
  const { layout, bytes } = layoutOf(tensors, "writeSafetensors()");
  const { head, entries } = planFile(layout, metadata, "writeSafetensors()");
  const chunks = [head, ...entries.map(({ name }) => bytes.get(name) ?? new Uint8Array())];
  await writeFileAtomically(path, chunks, options);
}
