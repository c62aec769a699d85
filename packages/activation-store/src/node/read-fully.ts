import type { FileHandle } from "node:fs/promises";
import { readFully as readWhole } from "@plumbline/core/node";
import { storeError } from "../errors.ts";

/** Reads until `into` is full. @throws PlumblineError (kind `input`) `truncated-shard` where the file ends before */
export function readFully(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  where: string,
): Promise<void> {
  const ended = (done: number): Error =>
    storeError({
      code: "truncated-shard",
      kind: "input",
      message: `read(): expected ${into.length} bytes from byte ${position} on, the file ends after ${done}`,
      where,
      hint: "the file became shorter while it was read",
    });
  return readWhole(file, into, { position, ended });
}
