import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installConsumers } from "./consumers.mjs";
import { packAll } from "./tarballs.mjs";

/**
 * Packs and installs everything once; the tests look at the result.
 *
 * @param {import("vitest/node").TestProject} project
 */
export default async function setup(project) {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-packaging-"));
  await mkdir(join(folder, "tarballs"));
  const tarballs = await packAll(join(folder, "tarballs"));
  const consumers = await installConsumers(join(folder, "consumers"), tarballs);
  project.provide("tarballs", tarballs);
  project.provide("consumers", consumers);
  return () => rm(folder, { recursive: true, force: true });
}
