import { join } from "node:path";
import { explainFileError, type FileSystem } from "@plumbline/core/node";
import { fileError, quote } from "../../errors.ts";
import { type DocumentFormat, formatOf } from "./document-format.ts";

interface Found {
  /** path from the dataset's folder, with slashes */
  readonly name: string;
  readonly format: DocumentFormat;
}

/** A data set's folder is shallow; deeper ones are something else. */
const maxDepth = 6;
const maxFiles = 100_000;

/** Files beside the data that share its extensions. */
const isAside = (name: string): boolean =>
  /^(readme|licen[cs]e|dataset_infos?|dataset_dict|state|requirements)\b|^[._]/i.test(name);

/** The words between separators of a path name splits. */
const wordsOf = (name: string): string[] => name.replace(/\.[^/]*$/, "").split(/[-._ /]|(?<=[a-z])(?=\d)/);

/** Names that other libraries give to splits, under our name for each. */
const knownSplits: Readonly<Record<string, readonly string[]>> = {
  train: ["train", "training"],
  validation: ["validation", "valid", "dev", "val"],
  test: ["test", "testing", "eval", "evaluation"],
};

const splitNames = (split: string): readonly string[] => knownSplits[split] ?? [split];

async function* walk(
  folder: string,
  fileSystem: FileSystem,
  inside: { name: string; depth: number } = { name: "", depth: 0 },
): AsyncGenerator<Found> {
  if (inside.depth > maxDepth) return;
  const entries = await fileSystem.readdir(join(folder, inside.name)).catch((error: unknown) => {
    throw explainFileError(error, "readDocuments()", join(folder, inside.name));
  });
  for (const entry of entries) {
    if (isAside(entry)) continue;
    const name = inside.name === "" ? entry : `${inside.name}/${entry}`;
    // Links are followed: a folder of the Hub's cache is made of them.
    const stat = await fileSystem.stat(join(folder, name)).catch(() => undefined);
    if (stat?.isDirectory() === true) yield* walk(folder, fileSystem, { name, depth: inside.depth + 1 });
    const format = formatOf(entry);
    if (stat?.isFile() === true && format !== undefined) yield { name, format };
  }
}

/** The files of the split: those that name it, or all where none names any. */
function filesOfSplit(files: readonly Found[], split: string, folder: string): readonly Found[] {
  const naming = (names: readonly string[]) =>
    files.filter(({ name }) => wordsOf(name).some((word) => names.includes(word)));
  const own = naming(splitNames(split));
  if (own.length > 0) return own;
  const others = Object.entries(knownSplits)
    .filter(([, names]) => naming(names).length > 0)
    .map(([name]) => quote(name));
  if (split === "train" && others.length === 0) return files;
  throw fileError({
    code: "no-such-split",
    message: `readDocuments(): expected files of split ${quote(split)}, got none among ${files.length}`,
    where: folder,
    hint:
      others.length > 0
        ? `pass split: one of ${others.join(", ")}`
        : "files name their split, as train.jsonl",
  });
}

/**
 * The data files of one split of a data set's folder, sorted by code unit.
 *
 * @throws PlumblineError (kind `input`) `no-documents`, `no-such-split`, `mixed-formats`, `limit-exceeded`
 */
export async function findDatasetFiles(
  folder: string,
  options: { readonly split: string; readonly fileSystem: FileSystem },
): Promise<string[]> {
  const files: Found[] = [];
  for await (const found of walk(folder, options.fileSystem)) {
    files.push(found);
    if (files.length > maxFiles) {
      throw fileError({
        code: "limit-exceeded",
        message: `readDocuments(): expected at most ${maxFiles} files in a data set`,
        where: folder,
        hint: "name a folder with fewer files",
      });
    }
  }
  if (files.length === 0) {
    throw fileError({
      code: "no-documents",
      message: "readDocuments(): expected files of documents, got none",
      where: folder,
      hint: "the folder should hold .txt, .jsonl, .ndjson (or these with .gz) or .parquet files",
    });
  }
  const chosen = filesOfSplit(files, options.split, folder);
  const formats = [...new Set(chosen.map(({ format }) => format.kind))];
  if (formats.length > 1) {
    throw fileError({
      code: "mixed-formats",
      message: `readDocuments(): expected files of one kind, got ${formats.join(" and ")}`,
      where: folder,
      hint: "the same texts may be there twice: name a file or a folder with one kind",
    });
  }
  const names = chosen.map(({ name }) => name);
  return names.sort((a, b) => (a < b ? -1 : Number(a > b))).map((name) => join(folder, name));
}
