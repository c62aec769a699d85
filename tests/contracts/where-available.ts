import type { Backend } from "@plumbline/core";
import type { TestRunner } from "@plumbline/testing";
import { describe as suite, test } from "vitest";

/** The test runner for a backend that may be missing here: then everything is skipped, by name and with the reason. */
export async function whereAvailable<T>(backend: Backend<T>): Promise<TestRunner> {
  const probe = await backend.probe();
  if (probe.available) return { suite, test };
  return { suite: (name, body) => suite.skip(`${name}: ${probe.reason}`, body), test: test.skip };
}
