// Loaded before a snippet: the calls made by withExpectations() print as console.log does, then hold the snippet to its word.
import { format } from "node:util";
import { isKept } from "./expectations.mjs";

/** @type {{ text: string, place: string }[]} */
const expectations = JSON.parse(process.env.SNIPPET_EXPECTATIONS ?? "[]");
const kept = new Set();

Object.assign(globalThis, {
  /** @param {number} index */
  promised: (index) => {
    return (/** @type {unknown[]} */ ...values) => {
      console.log(...values);
      const promise = expectations[index];
      const printed = format(...values);
      if (promise !== undefined && !isKept(promise.text, printed)) {
        throw new Error(`${promise.place} promises "${promise.text}" and prints "${printed}"`);
      }
      kept.add(index);
    };
  },
});

process.on("exit", (code) => {
  const broken = expectations.find((_, index) => !kept.has(index));
  if (code !== 0 || broken === undefined) return;
  console.error(`${broken.place} promises "${broken.text}" and is never reached`);
  process.exitCode = 1;
});
