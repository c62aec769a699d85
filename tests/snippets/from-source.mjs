// Loaded before a snippet: TypeScript sources run as they are, and a snippet, wherever it lies, sees every package.
import { register } from "node:module";

register("./from-source-hooks.mjs", import.meta.url);
