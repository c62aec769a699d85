import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivationMemory } from "@plumbline/activation-store";
import {
  type ActivationStore,
  openActivationStore,
  writeActivationStore,
} from "@plumbline/activation-store/node";
import { batchSourceSuite, sourceSuite } from "@plumbline/testing";
import { afterAll, beforeAll, describe as suite, test } from "vitest";

/** 97 distinct rows of width 3, with what belongs to each. */
const nRows = 97;
const memory = createActivationMemory({
  dIn: 3,
  rows: Float32Array.from({ length: nRows * 3 }, (_, i) => Math.sin(i) * 5),
  tokenIds: Int32Array.from({ length: nRows }, (_, i) => i * 31),
  positions: Int32Array.from({ length: nRows }, (_, i) => i % 9),
  rowsPerChunk: 20,
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-contract-"));
  await writeActivationStore(join(folder, "store"), memory, { rowsPerShard: 10 });
});
const opened: ActivationStore[] = [];
const open = async (): Promise<ActivationStore> => {
  const store = await openActivationStore(join(folder, "store"));
  opened.push(store);
  return store;
};
afterAll(async () => {
  for (const store of opened) await store.close();
  await rm(folder, { recursive: true, force: true });
});

sourceSuite({ suite, test }, { name: "activations in memory", open: () => memory });
sourceSuite({ suite, test }, { name: "activation store", open: async () => (await open()).source() });
batchSourceSuite(
  { suite, test },
  { name: "activations in memory", create: (seed) => memory.batchSource({ seed }) },
);
batchSourceSuite(
  { suite, test },
  { name: "activation store", create: async (seed) => (await open()).batchSource({ seed }) },
);
