import { type ErrorKind, PlumblineError } from "@plumbline/core";
import { quote } from "../../errors.ts";
import type { Repository } from "./repository.ts";

/** The errors after which a snapshot in the cache is as good as it gets. */
const awayCodes = new Set(["hub-unreachable", "hub-unavailable", "hub-bad-answer"]);

interface HubErrorParts {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly where?: string;
  readonly hint: string;
  readonly cause?: unknown;
}

/** An error of the way to the Hub and back. */
export function hubError(parts: HubErrorParts): PlumblineError {
  return new PlumblineError({ ...parts, message: `[model-sources] resolveModelFolder(): ${parts.message}` });
}

/** Whether the Hub was away, as against a Hub that answered no. */
export function isHubAway(error: unknown): error is PlumblineError {
  return PlumblineError.isInstance(error) && awayCodes.has(error.code);
}

/** Who asks whom for what. */
export interface Asked {
  readonly address: string;
  readonly repository: Repository;
  readonly revision: string;
  readonly hasToken: boolean;
}

/** The repository's page. */
export function pageOf({ address, repository: { kind, name } }: Asked): string {
  return `${address}/${kind === "dataset" ? "datasets/" : ""}${name}`;
}

function noAccess(asked: Asked, status: number, isGated: boolean): PlumblineError {
  const { repository, hasToken } = asked;
  if (isGated) {
    return hubError({
      code: "hub-gated",
      kind: "environment",
      message: `the owner of ${repository.name} gives access to those who accept its terms (status ${status})`,
      where: pageOf(asked),
      hint: `accept them on that page, ${hasToken ? "with the account of your token" : "then put your token into HF_TOKEN"}`,
    });
  }
  return hubError({
    code: "hub-unauthorized",
    kind: "environment",
    message: `the Hub gives ${hasToken ? "this token" : "nobody without a token"} access to a ${repository.kind} ${repository.name} (status ${status}): it is private, or not there`,
    where: pageOf(asked),
    hint: hasToken
      ? "check the name, and that the token is valid and may read it; there is no such folder here either"
      : "check the name; for a private repository put your token into HF_TOKEN; there is no such folder here either",
  });
}

function notThere(asked: Asked, errorCode: string): PlumblineError {
  const { repository, revision } = asked;
  if (errorCode === "RevisionNotFound") {
    return hubError({
      code: "hub-revision-not-found",
      kind: "input",
      message: `the ${repository.kind} ${repository.name} has no revision ${quote(revision)}`,
      where: pageOf(asked),
      hint: "a branch, a tag or a whole commit, as the page lists them",
    });
  }
  return hubError({
    code: "hub-repository-not-found",
    kind: "input",
    message: `the Hub has no ${repository.kind} ${repository.name}`,
    where: pageOf(asked),
    hint: `check the name; a ${repository.kind === "model" ? "dataset is written hf-dataset:owner/name" : "model is written hf:owner/name"}, and there is no such folder here either`,
  });
}

/** What an answer means that is no success. */
export function answerError(response: Response, asked: Asked): PlumblineError {
  const { status, headers } = response;
  const errorCode = headers.get("x-error-code") ?? "";
  if (status === 401 || status === 403) return noAccess(asked, status, errorCode === "GatedRepo");
  if (status === 404) return notThere(asked, errorCode);
  return hubError({
    code: "hub-unavailable",
    kind: "environment",
    message: `the Hub answered with status ${status}`,
    where: pageOf(asked),
    hint:
      status === 429
        ? `too many requests: wait some minutes${asked.hasToken ? "" : ", or put a token into HF_TOKEN for a higher limit"}`
        : "try again later",
  });
}

/** The error where no answer came. */
export function unreachableError(cause: unknown, url: URL): PlumblineError {
  const reason = (cause as { cause?: { code?: unknown; message?: unknown } } | undefined)?.cause;
  return hubError({
    code: "hub-unreachable",
    kind: "environment",
    message: `no answer from ${url.host}: ${String(reason?.code ?? reason?.message ?? "the connection failed")}`,
    hint: "check the network and HF_ENDPOINT; what was downloaded before can be used with HF_HUB_OFFLINE=1",
    cause,
  });
}

/** The error for an answer that makes no sense: a log-in page of a network, or a server that lies. */
export function badAnswer(message: string, asked: Asked, cause?: unknown): PlumblineError {
  return hubError({
    code: "hub-bad-answer",
    kind: "environment",
    message,
    where: pageOf(asked),
    hint: "is that a Hub, and does no proxy answer in its place?",
    ...(cause === undefined ? {} : { cause }),
  });
}
