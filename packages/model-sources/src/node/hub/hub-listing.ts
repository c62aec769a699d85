import { z } from "zod";
import { fileError, quote } from "../../errors.ts";
import { badAnswer } from "./hub-errors.ts";
import type { HubSession } from "./hub-session.ts";

/** What is listed before a repository is refused. */
export const maxListedFiles = 100_000;

/** A whole commit id. */
export const commitPattern: RegExp = /^[0-9a-f]{40}$/;

const sha1 = z.string().regex(/^[0-9a-f]{40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const nBytes = z.int().nonnegative();

/** A file of a repository at one commit. */
export interface HubFile {
  readonly path: string;
  readonly nBytes: number;
  /** of the content: `sha256`, or git's `sha1` over a header and the content */
  readonly digest: { readonly algorithm: "sha256" | "git-sha1"; readonly hex: string };
}

/** The form in which a listing is kept in the cache. */
export const hubFileSchema: z.ZodType<HubFile> = z.strictObject({
  path: z.string().max(4096),
  nBytes,
  digest: z.discriminatedUnion("algorithm", [
    z.strictObject({ algorithm: z.literal("sha256"), hex: sha256 }),
    z.strictObject({ algorithm: z.literal("git-sha1"), hex: sha1 }),
  ]),
});

const entrySchema = z.object({
  path: z.string().max(4096),
  size: nBytes,
  oid: sha1,
  lfs: z.object({ oid: sha256, size: nBytes }).optional(),
});

/** Whether a path stays within the folder that it is joined to, on any system. */
export function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (path === "" || /[\\\u0000-\u001f]|^[a-z]:/i.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function toHubFile(entry: unknown, session: HubSession): HubFile {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) throw badAnswer("the list of files is not as the Hub gives it", session, parsed.error);
  const { path, size, oid, lfs } = parsed.data;
  if (!isSafePath(path)) {
    throw fileError({
      code: "unsafe-path",
      message: `resolveModelFolder(): the repository names a file that would lie outside of its folder: ${quote(path)}`,
      where: session.repository.name,
      hint: "do not use this repository or this Hub",
    });
  }
  return lfs === undefined
    ? { path, nBytes: size, digest: { algorithm: "git-sha1", hex: oid } }
    : { path, nBytes: lfs.size, digest: { algorithm: "sha256", hex: lfs.oid } };
}

/** What the library throws of its own about an answer: it could not read it. */
function explain(cause: unknown, session: HubSession): unknown {
  return cause instanceof SyntaxError || cause instanceof TypeError
    ? badAnswer("an answer is not what the Hub gives", session, cause)
    : cause;
}

/** The commit that a branch or tag stands for. @throws PlumblineError see {@link HubSession} */
export async function findCommit(session: HubSession): Promise<string> {
  const { datasetInfo, modelInfo } = await import("@huggingface/hub");
  const { name, kind } = session.repository;
  const question = { name, revision: session.revision, hubUrl: session.address, fetch: session.ask };
  try {
    const { sha } =
      kind === "model"
        ? await modelInfo({ ...question, additionalFields: ["sha"] })
        : await datasetInfo({ ...question, additionalFields: ["sha"] });
    if (commitPattern.test(sha)) return sha;
  } catch (error) {
    throw explain(error, session);
  }
  throw badAnswer("the Hub names no commit", session);
}

/** All files of a commit. @throws PlumblineError (kind `input`) `unsafe-path`, `limit-exceeded`; see {@link HubSession} */
export async function listCommit(commit: string, session: HubSession): Promise<HubFile[]> {
  const { listFiles } = await import("@huggingface/hub");
  const { name, kind: type } = session.repository;
  const files: HubFile[] = [];
  try {
    const question = { repo: { type, name }, recursive: true, revision: commit };
    for await (const entry of listFiles({ ...question, hubUrl: session.address, fetch: session.ask })) {
      if (entry.type !== "file") continue;
      files.push(toHubFile(entry, session));
      if (files.length > maxListedFiles) {
        throw fileError({
          code: "limit-exceeded",
          message: `resolveModelFolder(): expected a repository of at most ${maxListedFiles} files`,
          where: name,
          hint: "download the wanted files by other means and give their folder",
        });
      }
    }
  } catch (error) {
    throw explain(error, session);
  }
  return files;
}
