import { mkdir, stat, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { explainFileError, type FileSystem } from "@plumbline/core/node";
import { fileError, quote, throwIfAborted, usageError } from "../../errors.ts";
import { downloadBlob } from "./download-blob.ts";
import { isLink, openRepositoryCache, type RepositoryCache } from "./hub-cache.ts";
import { hubError, isHubAway } from "./hub-errors.ts";
import { findCommit, type HubFile, isSafePath, listCommit } from "./hub-listing.ts";
import { createHubSession, type HubSession } from "./hub-session.ts";
import { defaultCacheFolder, type Environment, findToken, hubAddress, isOffline } from "./hub-settings.ts";
import { parseRepository, type Repository, type RepositoryKind } from "./repository.ts";
import { type WantedFiles, wantedFiles } from "./wanted-files.ts";

/** What a repository may ask of the disk before it is refused. */
export interface HubLimits {
  /** number of files that are needed */
  readonly maxFiles: number;
  /** all of them together */
  readonly maxBytes: number;
}

/** A model of 8 billion parameters in float32 passes, a crawl of the web does not. */
export const defaultHubLimits: HubLimits = Object.freeze({ maxFiles: 1000, maxBytes: 40 * 2 ** 30 });

/** What happens meanwhile. */
export type HubProgress =
  | {
      readonly type: "download-start";
      readonly repository: string;
      readonly commit: string;
      readonly nFiles: number;
      readonly nBytes: number;
    }
  | {
      readonly type: "download-progress";
      /** the file, and how much of it is here */
      readonly path: string;
      readonly nBytes: number;
      readonly nBytesInAll: number;
    }
  | { readonly type: "warning"; readonly message: string };

/** How a model or dataset is found. */
export interface ResolveModelOptions extends WantedFiles {
  /** what `owner/name` names, a model by default */
  readonly kind?: RepositoryKind;
  /** a branch, a tag or a commit, `main` by default */
  readonly revision?: string;
  /** `HF_TOKEN` by default, or the file that `hf auth login` writes */
  readonly token?: string;
  /** `HF_HUB_CACHE` by default, or `hub` in `HF_HOME` */
  readonly cacheFolder?: string;
  /** `HF_ENDPOINT` by default, or https://huggingface.co */
  readonly hubUrl?: string;
  /** asks no network; `HF_HUB_OFFLINE` by default */
  readonly offline?: boolean;
  /** replaces some of {@link defaultHubLimits} */
  readonly limits?: Partial<HubLimits>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
  /** `process.env` by default */
  readonly env?: Environment;
  /** takes the place of the disk where blobs are written; for tests */
  readonly fileSystem?: FileSystem;
}

interface Task extends ResolveModelOptions {
  readonly repository: Repository;
  readonly revision: string;
  readonly cache: RepositoryCache;
}

const choose = (files: readonly HubFile[], task: Task): HubFile[] =>
  wantedFiles(files, { ...task, kind: task.repository.kind, where: task.repository.name });

async function absentOf(commit: string, files: readonly HubFile[], task: Task): Promise<HubFile[]> {
  const there = await Promise.all(files.map((file) => task.cache.has(commit, file)));
  return files.filter((_, i) => there[i] !== true);
}

/** The folder of a snapshot that is there as a whole. @throws PlumblineError (kind `environment`) `not-in-cache` */
async function cachedSnapshot(task: Task): Promise<string> {
  const { cache, repository, revision } = task;
  const commit = await cache.commitOf(revision);
  const files =
    commit === undefined ? [] : ((await cache.listing(commit)) ?? (await cache.filesThere(commit)));
  const absent = commit === undefined ? [] : await absentOf(commit, choose(files, task), task);
  if (commit !== undefined && files.length > 0 && absent.length === 0) return cache.snapshot(commit);
  const missing = absent.map(({ path }) => quote(path)).join(", ");
  throw hubError({
    code: "not-in-cache",
    kind: "environment",
    message: `${repository.name} at ${quote(revision)} was asked for without network, and the cache has not ${missing === "" ? "downloaded it" : missing}`,
    where: cache.folder,
    hint: "run once with network (offline off, HF_HUB_OFFLINE unset), or give a folder",
  });
}

function checkLimits(files: readonly HubFile[], task: Task): void {
  const limits = { ...defaultHubLimits, ...task.limits };
  const nBytes = files.reduce((sum, file) => sum + file.nBytes, 0);
  if (files.length <= limits.maxFiles && nBytes <= limits.maxBytes) return;
  throw fileError({
    code: "limit-exceeded",
    message: `resolveModelFolder(): expected at most ${limits.maxFiles} files of ${limits.maxBytes} bytes in all, got ${files.length} of ${nBytes}`,
    where: task.repository.name,
    hint: "name fewer with files, or raise limits.maxFiles and limits.maxBytes",
  });
}

async function checkSpace(nBytes: number, { cache }: Task): Promise<void> {
  try {
    await mkdir(cache.folder, { recursive: true });
  } catch (error) {
    throw explainFileError(error, "resolveModelFolder()", cache.folder);
  }
  const disk = await statfs(cache.folder).catch(() => undefined);
  if (disk === undefined || disk.blocks === 0 || disk.bavail * disk.bsize >= nBytes) return;
  throw hubError({
    code: "disk-full",
    kind: "environment",
    message: `expected ${nBytes} free bytes, the disk has ${disk.bavail * disk.bsize}`,
    where: cache.folder,
    hint: "free some space, or set HF_HOME to a folder on a larger disk",
  });
}

async function download(commit: string, absent: readonly HubFile[], session: HubSession, task: Task) {
  const { cache, repository, signal, onProgress, fileSystem } = task;
  const blobs: HubFile[] = [];
  for (const file of absent) if (!(await cache.hasBlob(file))) blobs.push(file);
  const nBytes = blobs.reduce((sum, file) => sum + file.nBytes, 0);
  await checkSpace(nBytes, task);
  if (blobs.length > 0) {
    onProgress?.({
      type: "download-start",
      repository: repository.name,
      commit,
      nFiles: blobs.length,
      nBytes,
    });
  }
  for (const file of absent) {
    const { path, nBytes: nBytesInAll } = file;
    if (!(await cache.hasBlob(file))) {
      await downloadBlob(file, {
        session,
        commit,
        path: cache.blob(file),
        signal,
        report: (n) => onProgress?.({ type: "download-progress", path, nBytes: n, nBytesInAll }),
        ...(fileSystem === undefined ? {} : { fileSystem }),
      });
    }
    await cache.place(commit, file);
  }
}

/** Files that Python left as links, as ONNX Runtime wants them. */
async function replaceLinks(commit: string, files: readonly HubFile[], task: Task): Promise<void> {
  const { cache, repository, onProgress } = task;
  if (repository.kind !== "model") return;
  for (const file of files) {
    if (!(await isLink(join(cache.snapshot(commit), file.path))) || !(await cache.hasBlob(file))) continue;
    await cache.place(commit, file).catch((error: unknown) => {
      onProgress?.({ type: "warning", message: `${file.path} stays a symbolic link: ${String(error)}` });
    });
  }
}

async function commitAndFiles(session: HubSession, task: Task) {
  const { cache, revision } = task;
  const isCommit = /^[0-9a-f]{40}$/.test(revision);
  const commit = isCommit ? revision : await findCommit(session);
  const kept = await cache.listing(commit);
  const files = kept ?? (await listCommit(commit, session));
  return { commit, files, isNew: kept === undefined };
}

async function fromHub(session: HubSession, task: Task): Promise<string> {
  const { cache, revision } = task;
  const { commit, files, isNew } = await commitAndFiles(session, task);
  const wanted = choose(files, task);
  checkLimits(wanted, task);
  const absent = await absentOf(commit, wanted, task);
  if (absent.length > 0) await download(commit, absent, session, task);
  await replaceLinks(commit, wanted, task);
  try {
    if (isNew) await cache.keepListing(commit, files);
    // Last, so that without network the branch means what is there as a whole.
    if ((await cache.commitOf(revision)) !== commit) await cache.keepCommit(revision, commit);
  } catch (error) {
    throw explainFileError(error, "resolveModelFolder()", cache.folder);
  }
  return cache.snapshot(commit);
}

async function resolveRepository(task: Task): Promise<string> {
  const { repository, revision, signal, env = process.env, onProgress } = task;
  if (task.offline ?? isOffline(env)) return cachedSnapshot(task);
  const address = hubAddress(task.hubUrl, env);
  const token = await findToken(task.token, env);
  const session = createHubSession({ address, repository, revision, token, signal });
  try {
    return await fromHub(session, task);
  } catch (error) {
    if (!isHubAway(error)) throw error;
    const folder = await cachedSnapshot(task).catch(() => undefined);
    if (folder === undefined) throw error;
    onProgress?.({ type: "warning", message: `what was downloaded before is used: ${error.message}` });
    return folder;
  }
}

/**
 * Finds the folder of a model or dataset: one that is here, or a repository of the Hugging Face Hub, of which the needed
 * files are downloaded into the cache that Hugging Face's programs share. A file counts as downloaded once its size and
 * digest are those that the Hub names.
 *
 * @param nameOrPath a folder or file; or `owner/name`, `hf:owner/name`, `hf-dataset:owner/name`
 * @returns its absolute path: the folder or file itself, or the snapshot of the repository
 * @throws PlumblineError (kind `input`) `no-such-file`, `hub-repository-not-found`, `hub-revision-not-found`,
 *   `hub-file-not-found`, `no-such-model`, `no-such-dataset`, `unsafe-path`, `limit-exceeded`; (kind `environment`)
 *   `hub-unauthorized`, `hub-gated`, `hub-unreachable`, `hub-unavailable`, `hub-bad-answer`, `broken-download`,
 *   `not-in-cache`, `disk-full`, `no-permission`; (kind `usage`) `bad-repository-name`, `bad-revision`, `bad-token`,
 *   `bad-hub-url`, `several-models`, `no-such-split`; (kind `interrupted`) `interrupted`
 * @example
 * import { mkdir } from "node:fs/promises";
 * import { basename } from "node:path";
 * import { resolveModelFolder } from "@plumbline/model-sources/node";
 *
 * await mkdir("my-model", { recursive: true });
 * console.log(basename(await resolveModelFolder("my-model"))); // my-model
 */
export async function resolveModelFolder(
  nameOrPath: string,
  options: ResolveModelOptions = {},
): Promise<string> {
  const { revision = "main", env = process.env, kind, signal } = options;
  throwIfAborted(signal, "resolveModelFolder()");
  const here = await stat(nameOrPath).catch(() => undefined);
  if (here !== undefined) return resolve(nameOrPath);
  const repository = parseRepository(nameOrPath, kind);
  if (!isSafePath(revision)) {
    throw usageError({
      code: "bad-revision",
      message: `resolveModelFolder(): expected a branch, a tag or a commit, got ${quote(revision)}`,
      hint: "leave it out for main",
    });
  }
  const cache = openRepositoryCache(options.cacheFolder ?? defaultCacheFolder(env), repository);
  return resolveRepository({ ...options, repository, revision, cache });
}
