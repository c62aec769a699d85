import { fileError, quote, usageError } from "../../errors.ts";

/** What a repository of the Hub holds. */
export type RepositoryKind = "model" | "dataset";

/** A repository of the Hub. */
export interface Repository {
  readonly kind: RepositoryKind;
  /** `owner/name` */
  readonly name: string;
}

/** Letters, digits, `_`, `.`, `-`, as the Hub has them; `--` and `..` it has not, and the cache relies on that. */
const namePart = /^\w[\w.-]{0,95}$/;

/** What ends like this was meant as a file that should be here. */
const fileEnding = /\.(onnx|json|jsonl|ndjson|txt|gz|parquet|npy|safetensors|bin)$/i;

function isRepositoryName(name: string): boolean {
  const parts = name.split("/");
  return parts.length === 2 && parts.every((part) => namePart.test(part)) && !/--|\.\./.test(name);
}

function kindOf(prefix: string, asked: RepositoryKind | undefined): RepositoryKind {
  if (prefix !== "hf-dataset:") return asked ?? "model";
  if (asked === "model") {
    throw usageError({
      code: "bad-repository-name",
      message: "resolveModelFolder(): expected a model, got the name of a dataset",
      hint: "leave hf-dataset: out, or ask for kind dataset",
    });
  }
  return "dataset";
}

/**
 * Reads the name of a repository: `owner/name`, `hf:owner/name`, `hf-dataset:owner/name`.
 *
 * @param text what is no file or folder here
 * @throws PlumblineError (kind `input`) `no-such-file` where it looks like a path; (kind `usage`) `bad-repository-name`
 */
export function parseRepository(text: string, kind?: RepositoryKind): Repository {
  const prefix = /^hf(-dataset)?:/.exec(text)?.[0] ?? "";
  const name = text.slice(prefix.length);
  if (isRepositoryName(name) && (prefix !== "" || !fileEnding.test(name))) {
    return { kind: kindOf(prefix, kind), name };
  }
  if (prefix !== "") {
    throw usageError({
      code: "bad-repository-name",
      message: `resolveModelFolder(): expected ${prefix}owner/name, got ${quote(text)}`,
      hint: "the name as it stands in the address of the repository's page, with its owner",
    });
  }
  throw fileError({
    code: "no-such-file",
    message: "resolveModelFolder(): no such file or folder",
    where: quote(text),
    hint: namePart.test(text)
      ? `check the path; repositories of the Hub have an owner, as owner/${text}`
      : "check the path; a repository of the Hub is written hf:owner/name",
  });
}
