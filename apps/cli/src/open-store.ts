import { type ActivationStore, openActivationStore } from "@plumbline/activation-store/node";
import type { Io, Output } from "@plumbline/extract/terminal";

/** Opens a store, every shard held against its checksum; says how far that is, and stops on the signal. */
export function openStore(path: string, context: { io: Io; output: Output }): Promise<ActivationStore> {
  const { io, output } = context;
  return openActivationStore(path, {
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: ({ nShards, nShardsInAll }) =>
      output.progress(`checking shard ${nShards} of ${nShardsInAll}`, nShards / nShardsInAll),
  });
}
