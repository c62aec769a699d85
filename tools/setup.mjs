// npm run setup [-- --filter <package>…]: dependencies as the lockfile has them, with only Node and npm at hand.
import util from "node:util";
import { ensureInstalled, requireNode } from "./support/install.mjs";

requireNode();
const { values } = util.parseArgs({ options: { filter: { type: "string", multiple: true } } });
await ensureInstalled({ filters: values.filter ?? [] });
