import { expect, describe as suite, test } from "vitest";
import { isKept, withExpectations } from "./expectations.mjs";
import { runSnippet } from "./run-snippet.mjs";

const snippet = (/** @type {string} */ code) => ({ file: "page.md", line: 7, code });

suite("runSnippet()", () => {
  test("runs TypeScript on the repository's sources, alone, in an empty folder", async () => {
    const code = [
      'import { readdirSync } from "node:fs";',
      'import { createRandom } from "@plumbline/core";',
      "const n: number = createRandom(7).integer(10);",
      "console.log(n < 10, readdirSync('.').length); // true 1",
    ];
    expect(await runSnippet(snippet(code.join("\n")))).toBeUndefined();
  });

  test("says where a snippet prints something else than it promises", async () => {
    const problem = await runSnippet(snippet("\nconsole.log(1 + 1); // 3"));
    expect(problem).toContain("page.md:7 does not run");
    expect(problem).toContain('page.md:8 promises "3" and prints "2"');
  });

  test("sees a promise that is never reached", async () => {
    const problem = await runSnippet(snippet("if (Math.PI > 4) console.log(1); // 1"));
    expect(problem).toContain('page.md:7 promises "1" and is never reached');
  });

  test("sees what throws, what is not exported and what does not compile", async () => {
    expect(await runSnippet(snippet('throw new Error("boom");'))).toContain("boom");
    expect(await runSnippet(snippet('import { gone } from "@plumbline/core";\ngone();'))).toContain("gone");
    expect(await runSnippet(snippet("const = 1;"))).toContain("page.md:7 does not compile");
  });
});

suite("promises of console.log lines", () => {
  test("are taken from the end of the line and keep the line count", () => {
    const { code, expectations } = withExpectations("const a = 1;\nconsole.log(a, [2]); // 1 [ 2 ]\n// note");
    expect(code).toBe("const a = 1;\nglobalThis.promised(0)(a, [2]);\n// note");
    expect(expectations).toEqual([{ line: 2, text: "1 [ 2 ]" }]);
  });

  test("forgive white space, and anything where they have an ellipsis", () => {
    expect(isKept("{ a: 1, b: 2 }", "{\n  a: 1,\n  b: 2\n}")).toBe(true);
    expect(isKept("0.98…", "0.98123")).toBe(true);
    expect(isKept("0.98…", "0.97123")).toBe(false);
    expect(isKept("1.5", "1x5")).toBe(false);
  });
});
