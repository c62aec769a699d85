import type { Backend } from "@plumbline/core";
import type { TestRunner } from "@plumbline/testing";
import { describe as suite, test } from "vitest";

/**
 * The test runner for a backend that may be missing here: then one skipped test, with the probe's reason, stands for each suite
 * of it.
 */
export async function whereAvailable<T>(backend: Backend<T>): Promise<TestRunner> {
  const probe = await backend.probe();
  if (probe.available) return { suite, test };
  return { suite: (name) => test(name, ({ skip }) => skip(probe.reason)), test: test.skip };
}
