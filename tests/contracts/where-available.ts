import { type BackendSuiteOptions, backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";

/** The contract of a backend that may be missing here: then one skipped test, with the probe's reason, stands for all of it. */
export async function backendSuiteWhereAvailable<T>(options: BackendSuiteOptions<T>): Promise<void> {
  const probe = await options.backend.probe();
  if (probe.available) backendSuite({ suite, test }, options);
  else test(`backend contract: ${options.backend.name}`, ({ skip }) => skip(probe.reason));
}
