import { PlumblineError } from "@plumbline/core";
import { quote, storeError } from "../errors.ts";

const from = "writeActivationStores()";

export function outputExists(path: string): PlumblineError {
  return storeError({
    code: "output-exists",
    kind: "usage",
    message: `${from}: the output exists already`,
    where: path,
    hint: "choose another name or remove it first",
  });
}

export function partialExists(partial: string): PlumblineError {
  return storeError({
    code: "partial-exists",
    kind: "usage",
    message: `${from}: a writing was begun there and not finished`,
    where: partial,
    hint: "resume it, or remove it to write from the beginning",
  });
}

export function partialLocked(path: string, holder: string): PlumblineError {
  return storeError({
    code: "partial-locked",
    kind: "usage",
    message: `${from}: another writer is at work there: ${holder.trim()}`,
    where: path,
    hint: "wait for it or stop it; if that process writes no activations, remove the file",
  });
}

/** Refuses a place that somebody uses for something else: it is removed in the end. */
export function refuseForeign(partial: string, name: string | undefined): void {
  if (name === undefined) return;
  throw storeError({
    code: "foreign-partial",
    kind: "usage",
    message: `${from}: expected what an unfinished writing left, found ${quote(name)} too`,
    where: partial,
    hint: "write elsewhere, or move it away",
  });
}

/** An error after which something stays: it says so where the caller may want to go on. */
export function keptError(error: unknown, partial: string, nShards: number): unknown {
  if (!PlumblineError.isInstance(error)) return error;
  if (error.kind !== "interrupted" && error.kind !== "environment") return error;
  const count = nShards === 1 ? "the shard that is" : `the ${nShards} shards that are`;
  return new PlumblineError({
    code: error.code,
    kind: error.kind,
    message: error.what,
    ...(error.where !== undefined && { where: error.where }),
    hint: `${partial} keeps ${count} complete; resume to go on from there`,
    cause: error,
  });
}
