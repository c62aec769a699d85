/**
 * Who may import whom: from a lower row only, never from the same row, never from a higher one. A new package is added
 * to its row here and nowhere else; `backend-*` stands for every backend, `native-*` for the platforms that
 * the fused engine is built for.
 *
 * @type {readonly (readonly string[])[]} index = row
 */
export const rows = [
  ["core", "native-*"],
  ["ops", "metrics", "safetensors"],
  [
    "architectures",
    "aligned",
    "schedules",
    "engine-tfjs",
    "model-sources",
    "activation-store",
    "checkpoints",
    "testing",
  ],
  ["backend-*", "trainer"],
  ["meta-sae"],
  ["extract"],
  ["cli", "demo", "tests"],
];

/** Imports that break the rows on purpose: only as `import()`, only of something optional. */
export const exceptions = [
  {
    from: "cli",
    to: "demo",
    why: "the command `demo` runs the demo where it is installed, and says so where it is not",
  },
];

/** The first row whose packages may choose a backend; everything below runs on whatever engine it is handed. */
export const firstRowWithBackends = 5;

/** Packages that may use `node:` modules anywhere; others only in `src/node.ts` and `src/node/`. */
export const nodePackages = ["backend-native", "backend-tfjs-node*"];

/** Packages that bring TensorFlow.js itself; all others take `@tensorflow/tfjs-core` from their user. */
export const tfjsPackages = ["backend-*"];

/**
 * @param {string} pattern a name, or a prefix and `*`
 * @param {string} name
 */
export function matches(pattern, name) {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/**
 * @param {string} name short name of a package
 * @returns {number} its row, or -1 for one that has none yet
 */
export function rowOf(name) {
  return rows.findIndex((row) => row.some((pattern) => matches(pattern, name)));
}

/**
 * Whether one package may depend on another.
 *
 * @param {string} from short name
 * @param {string} to short name
 */
export function mayImport(from, to) {
  const isException = exceptions.some((one) => one.from === from && one.to === to);
  const isLower = rowOf(to) >= 0 && rowOf(to) < rowOf(from);
  if (matches("backend-*", to)) return isLower && rowOf(from) >= firstRowWithBackends;
  return isLower || isException;
}
