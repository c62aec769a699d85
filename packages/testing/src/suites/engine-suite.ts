import type { TestRunner } from "../runner.ts";
import type { EngineSuiteOptions } from "./engine/harness.ts";
import { inferenceTests } from "./engine/inference-tests.ts";
import { refusalTests } from "./engine/refusal-tests.ts";
import { stateTests } from "./engine/state-tests.ts";
import { stepTests } from "./engine/step-tests.ts";

/** The contract of {@link SaeEngine}: what every engine must do, whatever it runs on. */
export function engineSuite<T>(runner: TestRunner, options: EngineSuiteOptions<T>): void {
  for (const entry of options.cases) {
    const label = `${entry.architecture.name} ${JSON.stringify(entry.architecture.config)}`;
    runner.suite(`engine contract: ${options.name}, ${label}`, () => {
      stepTests(runner, options, entry);
      inferenceTests(runner, options, entry);
      stateTests(runner, options, entry);
      refusalTests(runner, options, entry);
    });
  }
}
