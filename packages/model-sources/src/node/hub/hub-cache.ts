import { link, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { explainFileError, temporaryName, writeFileAtomically } from "@plumbline/core/node";
import { z } from "zod";
import { commitPattern, type HubFile, hubFileSchema, isSafePath } from "./hub-listing.ts";
import type { Repository } from "./repository.ts";

/** A listing as it is kept: what a commit holds never changes. */
const keptListing = z.strictObject({ files: z.array(hubFileSchema) });

const sizeOf = async (path: string): Promise<number | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
};

/** One repository in the cache that Hugging Face's programs share: `blobs/<digest>`, `snapshots/<commit>/…`, `refs/<branch>`. */
export interface RepositoryCache {
  readonly folder: string;
  snapshot(commit: string): string;
  blob(file: HubFile): string;
  /** Whether a snapshot has a file, of the size it should have. */
  has(commit: string, file: HubFile): Promise<boolean>;
  /** Whether the content is there, in this snapshot or another. */
  hasBlob(file: HubFile): Promise<boolean>;
  /** Gives a snapshot a file whose blob is there. */
  place(commit: string, file: HubFile): Promise<void>;
  /** The commit that a branch stood for when it was last downloaded. */
  commitOf(revision: string): Promise<string | undefined>;
  keepCommit(revision: string, commit: string): Promise<void>;
  /** All files of a commit, if Plumbline downloaded of it before. */
  listing(commit: string): Promise<readonly HubFile[] | undefined>;
  keepListing(commit: string, files: readonly HubFile[]): Promise<void>;
  /** The files of a snapshot that another program downloaded. */
  filesThere(commit: string): Promise<readonly HubFile[]>;
}

/** Where a branch's commit is noted; branches may have slashes. */
function refPath(folder: string, revision: string): string | undefined {
  return isSafePath(revision) ? join(folder, "refs", revision) : undefined;
}

async function filesBelow(folder: string): Promise<HubFile[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: HubFile[] = [];
  for (const name of names.sort()) {
    const nBytes = await sizeOf(join(folder, name));
    // The digest is not known, nor needed: what is there is not downloaded.
    const digest = { algorithm: "git-sha1", hex: "0".repeat(40) } as const;
    if (nBytes !== undefined) files.push({ path: name.split(sep).join("/"), nBytes, digest });
  }
  return files;
}

/**
 * Puts a blob's content under a second name. Not as the symbolic link that Python makes: ONNX Runtime refuses weights
 * behind one, since they lie outside of the model's folder.
 */
async function linkFile(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    await link(blob, temporary).catch(() => symlink(relative(dirname(path), blob), temporary));
    await rename(temporary, path);
  } finally {
    // Where both names are one file already, rename() leaves them so.
    await rm(temporary, { force: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, text);
}

async function readListing(path: string): Promise<readonly HubFile[] | undefined> {
  try {
    const kept = keptListing.safeParse(JSON.parse(await readFile(path, "utf8")));
    return kept.data?.files.every((file) => isSafePath(file.path)) === true ? kept.data.files : undefined;
  } catch {
    // Not there, or damaged: the Hub has it.
    return undefined;
  }
}

/** @param cacheFolder see {@link RepositoryCache}; need not exist */
export function openRepositoryCache(cacheFolder: string, { kind, name }: Repository): RepositoryCache {
  const folder = resolve(cacheFolder, `${kind}s--${name.replace("/", "--")}`);
  const snapshot = (commit: string): string => join(folder, "snapshots", commit);
  const blob = (file: HubFile): string => join(folder, "blobs", file.digest.hex);
  const listingPath = (commit: string): string => join(folder, ".plumbline", `${commit}.json`);
  return {
    folder,
    snapshot,
    blob,
    has: async (commit, { path, nBytes }) => (await sizeOf(join(snapshot(commit), path))) === nBytes,
    hasBlob: async (file) => (await sizeOf(blob(file))) === file.nBytes,
    place: async (commit, file) => {
      const path = join(snapshot(commit), file.path);
      try {
        await linkFile(blob(file), path);
      } catch (error) {
        throw explainFileError(error, "resolveModelFolder()", path);
      }
    },
    commitOf: async (revision) => {
      if (commitPattern.test(revision)) return revision;
      const path = refPath(folder, revision);
      const text = path === undefined ? "" : await readFile(path, "utf8").catch(() => "");
      return commitPattern.test(text.trim()) ? text.trim() : undefined;
    },
    keepCommit: async (revision, commit) => {
      const path = commitPattern.test(revision) ? undefined : refPath(folder, revision);
      if (path !== undefined) await write(path, commit);
    },
    listing: (commit) => readListing(listingPath(commit)),
    keepListing: (commit, files) => write(listingPath(commit), JSON.stringify({ files })),
    filesThere: (commit) => filesBelow(snapshot(commit)),
  };
}

/** Whether a file is a symbolic link. */
export async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
}
