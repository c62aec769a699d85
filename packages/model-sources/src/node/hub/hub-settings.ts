import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { explainFileError } from "@plumbline/core/node";
import { usageError } from "../../errors.ts";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const function_ = "resolveModelFolder()";

/** An empty variable is as good as none. */
const value = (env: Environment, name: string): string | undefined => {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
};

function inHome(path: string): string {
  return resolve(path.replace(/^~(?=$|[/\\])/, homedir()));
}

function huggingFaceHome(env: Environment): string {
  const caches = value(env, "XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  return inHome(value(env, "HF_HOME") ?? join(caches, "huggingface"));
}

/** Where Hugging Face's own programs keep what they downloaded: `HF_HUB_CACHE`, or `hub` in `HF_HOME`. */
export function defaultCacheFolder(env: Environment): string {
  const named = value(env, "HF_HUB_CACHE") ?? value(env, "HUGGINGFACE_HUB_CACHE");
  return named === undefined ? join(huggingFaceHome(env), "hub") : inHome(named);
}

/** `HF_HUB_OFFLINE`, in the spellings that Hugging Face's programs take for yes. */
export function isOffline(env: Environment): boolean {
  return /^(1|on|yes|true)$/i.test(value(env, "HF_HUB_OFFLINE") ?? "");
}

/**
 * The Hub's address without a slash at its end.
 *
 * @throws PlumblineError (kind `usage`) `bad-hub-url`; the address is not repeated, passwords stand in some
 */
export function hubAddress(hubUrl: string | undefined, env: Environment): string {
  const text = hubUrl ?? value(env, "HF_ENDPOINT") ?? "https://huggingface.co";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.username + url.password + url.search + url.hash === "";
  if (plain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, "");
  throw usageError({
    code: "bad-hub-url",
    message: `${function_}: expected an address as https://huggingface.co, without a password or a query`,
    where: hubUrl === undefined ? "HF_ENDPOINT" : "hubUrl",
    hint: "a token belongs in HF_TOKEN",
  });
}

async function tokenInFile(env: Environment): Promise<string | undefined> {
  const path = inHome(value(env, "HF_TOKEN_PATH") ?? join(huggingFaceHome(env), "token"));
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw explainFileError(error, function_, path);
  }
}

/**
 * The token to show to the Hub: the caller's, that in `HF_TOKEN`, or that in the file where `hf auth login` leaves it.
 *
 * @throws PlumblineError (kind `usage`) `bad-token`, without its text
 */
export async function findToken(given: string | undefined, env: Environment): Promise<string | undefined> {
  const named = given ?? value(env, "HF_TOKEN") ?? value(env, "HUGGING_FACE_HUB_TOKEN");
  const token = (named ?? (await tokenInFile(env)))?.trim();
  if (token === undefined || token === "") return undefined;
  // What may stand in a header; anything else would come back in fetch()'s own message.
  if (/^[\x21-\x7e]{1,1024}$/.test(token)) return token;
  throw usageError({
    code: "bad-token",
    message: `${function_}: the token has characters that no token has`,
    hint: "copy it again from the Hub's settings page",
  });
}
