import { expect, describe as suite, test } from "vitest";
import { docstringSnippets, markdownSnippets } from "./collect.mjs";

const fence = "```";

suite("markdownSnippets()", () => {
  test("takes ts blocks with their place and leaves all others", () => {
    const page = [
      "# Page",
      `${fence}ts`,
      "const a = 1;",
      fence,
      `${fence}ts no-run`,
      "never();",
      fence,
      `${fence}sh`,
      "npm install",
      fence,
      `  ${fence}ts`,
      "  if (a) {",
      "    b();",
      "  }",
      `  ${fence}`,
    ].join("\n");
    expect(markdownSnippets("page.md", page)).toEqual([
      { file: "page.md", line: 3, code: "const a = 1;" },
      { file: "page.md", line: 12, code: "if (a) {\n  b();\n}" },
    ]);
  });

  test("does not take a block inside of a longer fence", () => {
    const page = ["````md", `${fence}ts`, "never();", fence, "````"].join("\n");
    expect(markdownSnippets("page.md", page)).toEqual([]);
  });
});

suite("docstringSnippets()", () => {
  test("takes bare code up to the next tag, and fenced code without its fence", () => {
    const source = [
      "const x = 1;",
      "/**",
      " * Doubles.",
      " *",
      " * @example twice two",
      ' * import { twice } from "x";',
      " *",
      " * console.log(twice(2)); // 4",
      " * @throws never",
      " */",
      "export const twice = 2;",
      "/**",
      " * @example",
      ` * ${fence}ts`,
      " * one();",
      ` * ${fence}`,
      " */",
      "/** @example is named in passing only */",
    ].join("\n");
    expect(docstringSnippets("x.ts", source)).toEqual([
      { file: "x.ts", line: 6, code: 'import { twice } from "x";\n\nconsole.log(twice(2)); // 4' },
      { file: "x.ts", line: 15, code: "one();" },
    ]);
  });
});
