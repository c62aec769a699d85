import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { committedFiles } from "../support/committed-files.mjs";

/**
 * Links in pages that lead to a file that is not there.
 *
 * @param {string} root of a git working tree
 * @returns {Promise<string[]>}
 */
export async function linkProblems(root) {
  const pages = (await committedFiles(root)).filter((file) => file.endsWith(".md"));
  return pages.flatMap((page) => {
    const prose = readFileSync(join(root, page), "utf8").replace(/^(`{3,}).*?^\1/gms, "");
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((found) => found[1] ?? "");
    return links
      .filter((link) => !/^([a-z]+:|#)/.test(link))
      .filter((link) => !existsSync(join(root, dirname(page), link.split("#")[0] ?? "")))
      .map((link) => `${page}: links to ${link}, which is not there`);
  });
}
