import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

const probe = await nativeTfjsBackend.probe();
const run = { suite, test };
const skipped = {
  suite: (name: string, body: () => void) =>
    suite.skip(`${name}: ${probe.available ? "" : probe.reason}`, body),
  test: test.skip,
};

backendSuite(probe.available ? run : skipped, {
  backend: nativeTfjsBackend,
  cases: trainableCases,
  deterministic: true,
});
