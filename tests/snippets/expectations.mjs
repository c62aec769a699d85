/**
 * What a `console.log(…); // text` line promises to print.
 *
 * @typedef {object} Expectation
 * @property {number} line of the code, from 1
 * @property {string} text `…` in it stands for anything
 */

const annotated = /^(.*?)\bconsole\.log(\(.*\);?)\s*\/\/\s?(.+)$/;

/**
 * Finds the promises in a snippet and turns their calls into calls that are checked.
 *
 * @param {string} code
 * @returns {{ code: string, expectations: Expectation[] }} the same code, line for line, with `console.log` replaced by
 *   `globalThis.promised(i)` where there is a promise; `check.mjs` defines that function
 */
export function withExpectations(code) {
  /** @type {Expectation[]} */
  const expectations = [];
  const lines = code.split("\n").map((line, index) => {
    const found = annotated.exec(line);
    if (found === null) return line;
    const [, before = "", call = "", text = ""] = found;
    expectations.push({ line: index + 1, text: text.trim() });
    return `${before}globalThis.promised(${expectations.length - 1})${call}`;
  });
  return { code: lines.join("\n"), expectations };
}

/**
 * @param {string} text as promised
 * @param {string} printed
 * @returns {boolean} equal but for white space, where `…` in the promise stands for anything
 */
export function isKept(text, printed) {
  const parts = text.split("…").map((part) => part.trim().replace(/\s+/g, " "));
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(printed.trim().replace(/\s+/g, " "));
}
