/** The two functions that the suites need of a test runner: vitest's and node:test's `describe` and `test` fit. */
export interface TestRunner {
  readonly suite: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void> | void) => unknown;
}

/** Fails the test with a sentence. */
export function expectThat(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`expected that ${sentence}`);
}

/** Fails the test where two arrays differ in length or in any bit of a number; NaN equals NaN. */
export function expectSameNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  expectThat(
    actual.length === expected.length,
    `${what} has ${expected.length} numbers, got ${actual.length}`,
  );
  for (let i = 0; i < expected.length; i++) {
    expectThat(
      Object.is(actual[i], expected[i]),
      `${what} at ${i} is exactly ${expected[i]}, got ${actual[i]}`,
    );
  }
}

/** Fails the test where two arrays differ by more than `tolerance · (1 + |expected|)` anywhere. */
export function expectCloseNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  options: { what: string; tolerance: number },
): void {
  const { what, tolerance } = options;
  expectThat(
    actual.length === expected.length,
    `${what} has ${expected.length} numbers, got ${actual.length}`,
  );
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] ?? Number.NaN;
    const got = actual[i] ?? Number.NaN;
    expectThat(
      Math.abs(got - wanted) <= tolerance * (1 + Math.abs(wanted)),
      `${what} at ${i} is ${wanted} within ${tolerance}, got ${got}`,
    );
  }
}

/** Runs `work` and gives the `code` of the PlumblineError it throws; fails the test where it throws nothing or something else. */
export async function codeThrownBy(work: () => Promise<unknown> | unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    expectThat(typeof code === "string", `the error is a PlumblineError with a code, got ${String(error)}`);
    return code;
  }
  throw new Error("expected that an error is thrown, got none");
}
