import { join } from "node:path";

/** Whether a path means objects in S3-compatible storage, as `s3://bucket/prefix`. */
export function isS3Url(path: string): boolean {
  return path.startsWith("s3://");
}

/** A file below a folder, on disk or in S3-compatible storage. */
export function placeJoin(folder: string, ...names: readonly string[]): string {
  if (!isS3Url(folder)) return join(folder, ...names);
  return [folder.replace(/\/+$/, ""), ...names.filter((name) => name !== "")].join("/");
}
