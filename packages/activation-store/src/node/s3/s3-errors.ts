import type { PlumblineError } from "@plumbline/core";
import { storeError } from "../../errors.ts";

interface Refusal {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** HTTP status of the storage's answer; `undefined` where there was none. */
export function statusOf(error: unknown): number | undefined {
  return ((error ?? {}) as Refusal).$metadata?.httpStatusCode;
}

type Explanation = Pick<Parameters<typeof storeError>[0], "code" | "kind" | "message" | "hint">;

function explanationOf(error: Refusal): Explanation {
  const status = statusOf(error);
  const said = `${error.name ?? "error"}${status === undefined ? "" : ` (${status})`}: ${error.message ?? ""}`;
  if (error.name === "NoSuchBucket") {
    return {
      code: "no-such-bucket",
      kind: "usage",
      message: "there is no such bucket",
      hint: "check its name and AWS_REGION, or create it",
    };
  }
  if (status === 403 || status === 401) {
    return {
      code: "no-permission",
      kind: "environment",
      message: `permission denied, ${said}`,
      hint: "check the credentials (AWS_ACCESS_KEY_ID, AWS_PROFILE, …) and what they allow",
    };
  }
  if (error.name === "CredentialsProviderError") {
    return {
      code: "no-credentials",
      kind: "environment",
      message: `no credentials were found, ${said}`,
      hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    };
  }
  if (status === undefined || status < 300) {
    return {
      code: "storage-away",
      kind: "environment",
      message: `the storage did not answer, ${error.code ?? ""} ${said}`,
      hint: "check the network and AWS_ENDPOINT_URL_S3, then try again",
    };
  }
  return {
    code: "storage-failed",
    kind: "environment",
    message: `the storage refused, ${said}`,
    hint: "try again later",
  };
}

/** What a refusal of the storage means, and what to do. */
export function explainS3Error(error: unknown, where: string): PlumblineError {
  const { code, kind, message, hint } = explanationOf((error ?? {}) as Refusal);
  return storeError({
    code,
    kind,
    message: `S3 storage: ${message}`,
    where,
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
