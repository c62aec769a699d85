import { writeFileSync } from "node:fs";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {readonly { name: string, reason: string }[]} skipped
 */

/** Vitest reporter that writes {@link Counts} to the file named by PLUMBLINE_COUNTS. */
export default class CountsReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const path = process.env.PLUMBLINE_COUNTS;
    if (path === undefined) return;
    let passed = 0;
    // A file that cannot even be loaded, and an error outside any test, count as one failed test each.
    let failed = unhandledErrors.length;
    /** @type {{ name: string, reason: string }[]} */
    const skipped = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed++;
        else if (result.state === "failed") failed++;
        else {
          const note = result.state === "skipped" ? result.note : undefined;
          skipped.push({ name: test.fullName, reason: note ?? "no reason given" });
        }
      }
    }
    writeFileSync(path, JSON.stringify({ passed, failed, skipped }));
  }
}
