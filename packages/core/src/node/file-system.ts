import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { type ErrorKind, PlumblineError } from "../errors/plumbline-error.ts";

/** The few file operations that writers use; tests hand in one that fails. */
export interface FileSystem {
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly readdir: typeof readdir;
  readonly readFile: typeof readFile;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
  readonly stat: typeof stat;
}

/** What the names of unfinished files and folders have in them. */
export const partialMark = ".partial-";
const partialName = /\.partial-[0-9a-f-]{36}/g;

export const nodeFileSystem: FileSystem = { mkdir, open, readdir, readFile, rename, rm, stat };

interface Explanation {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
}

/** What refusals of the operating system mean, by its name for them. */
const explanations: ReadonlyMap<string | undefined, Explanation> = new Map<string, Explanation>([
  [
    "ENOSPC",
    {
      code: "disk-full",
      kind: "environment",
      message: "the disk is full",
      hint: "free some space and run again; nothing half-written was left",
    },
  ],
  [
    "EDQUOT",
    {
      code: "disk-full",
      kind: "environment",
      message: "the disk quota is used up",
      hint: "free some space and run again; nothing half-written was left",
    },
  ],
  [
    "EFBIG",
    {
      code: "disk-full",
      kind: "environment",
      message: "the file would be larger than the system allows",
      hint: "raise the limit or write elsewhere; nothing half-written was left",
    },
  ],
  [
    "EACCES",
    {
      code: "no-permission",
      kind: "environment",
      message: "permission denied",
      hint: "choose another folder or change its permissions",
    },
  ],
  [
    "EPERM",
    {
      code: "no-permission",
      kind: "environment",
      message: "permission denied",
      hint: "choose another folder or change its permissions",
    },
  ],
  [
    "EROFS",
    {
      code: "no-permission",
      kind: "environment",
      message: "the file system is read-only",
      hint: "choose another folder",
    },
  ],
  [
    "EEXIST",
    {
      code: "output-exists",
      kind: "usage",
      message: "there is something already",
      hint: "choose another name or remove it first",
    },
  ],
  [
    "ENOTEMPTY",
    {
      code: "output-exists",
      kind: "usage",
      message: "there is a folder already",
      hint: "choose another name or remove it first",
    },
  ],
  [
    "ENOENT",
    {
      code: "no-such-file",
      kind: "input",
      message: "no such file or folder",
      hint: "check the path",
    },
  ],
  [
    "EISDIR",
    {
      code: "not-a-file",
      kind: "input",
      message: "that is a folder, not a file",
      hint: "check the path",
    },
  ],
  [
    "ENOTDIR",
    {
      code: "not-a-folder",
      kind: "input",
      message: "a part of the path is a file, not a folder",
      hint: "check the path",
    },
  ],
]);

/**
 * Turns an operating system's refusal into an error that says what to do; other values pass through unchanged.
 *
 * @param path what the caller works on; where the system's refusal names another file, the error does too. Names of
 *   unfinished files are given as they will be when finished
 */
export function explainFileError(error: unknown, doing: string, path: string): unknown {
  const { code, path: refused } = (error ?? {}) as NodeJS.ErrnoException;
  const concerned = refused === undefined || refused.includes(partialMark) ? path : refused;
  const where = concerned.replaceAll(partialName, "");
  const entry = explanations.get(code);
  if (entry === undefined) return error;
  return new PlumblineError({
    code: entry.code,
    kind: entry.kind,
    message: `[core] ${doing}: ${entry.message}`,
    where,
    hint: entry.hint,
    cause: error,
  });
}
