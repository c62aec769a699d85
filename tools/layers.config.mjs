// dependency-cruiser's configuration: the table in layers.mjs as rules for the packages under the current folder.
import { exceptions, matches, mayImport, nodePackages, rowOf, tfjsPackages } from "./layers.mjs";
import { publishedPackages } from "./support/workspace.mjs";

/** Tests may use whatever their package.json brings; the manifests rule looks at that. */
const testFiles = "\\.test[^/]*\\.ts$";
const nodeFiles = "^packages/[^/]+/src/node(\\.ts$|/)";
const packages = publishedPackages(process.cwd());

/** @param {string} name */
const sourcesOf = (name) => ({ path: `^(packages|apps)/${name}/src/`, pathNot: testFiles });

/** @param {readonly string[]} patterns */
const foldersOf = (patterns) =>
  packages
    .filter((one) => patterns.some((pattern) => matches(pattern, one.name)))
    .map((one) => `^${one.folder}/`);

const rowRules = packages.map(({ name }) => {
  const allowed = packages.map((one) => one.name).filter((other) => other === name || mayImport(name, other));
  return {
    name: "lower-rows-only",
    comment: `${name} is in row ${rowOf(name)} of tools/layers.mjs and may import ${allowed.join(", ")}`,
    severity: "error",
    from: sourcesOf(name),
    to: { path: "^(packages|apps|tests|tools)/", pathNot: `^(packages|apps)/(${allowed.join("|")})/` },
  };
});

const exceptionRules = exceptions.map(({ from, to, why }) => ({
  name: "optional-only-dynamically",
  comment: `${from} may load ${to} with import() only: ${why}`,
  severity: "error",
  from: sourcesOf(from),
  to: { path: `^(packages|apps)/${to}/`, dependencyTypesNot: ["dynamic-import"] },
}));

const generalRules = [
  {
    name: "no-cycles",
    comment: "two files that need each other are one file, or need a third",
    severity: "error",
    from: {},
    to: { circular: true },
  },
  {
    name: "resolvable",
    comment: "every import resolves, from the package's own dependencies",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-neighbours-files",
    comment: "other packages are imported by name, never by path",
    severity: "error",
    from: { path: "^(packages|apps)/([^/]+)/" },
    to: { path: "^(packages|apps)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] },
  },
  {
    name: "node-modules-under-node-only",
    comment: "libraries run in a browser: what needs Node lives in src/node.ts and src/node/",
    severity: "error",
    from: { path: "^packages/[^/]+/src/", pathNot: [testFiles, nodeFiles, ...foldersOf(nodePackages)] },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "node-files-from-node-files-only",
    comment: "what runs in a browser imports nothing that needs Node",
    severity: "error",
    from: { path: "^packages/[^/]+/src/", pathNot: [testFiles, nodeFiles, ...foldersOf(nodePackages)] },
    to: { path: nodeFiles },
  },
  {
    name: "tfjs-in-backends-only",
    comment: "import @tensorflow/tfjs-core; which TensorFlow.js there is, the user decides",
    severity: "error",
    from: { path: "^(packages|apps)/[^/]+/src/", pathNot: [testFiles, ...foldersOf(tfjsPackages)] },
    to: { path: "node_modules/@tensorflow/tfjs/" },
  },
  {
    name: "no-development-dependencies",
    comment: "what ships imports what it brings: dependencies or peerDependencies",
    severity: "error",
    from: { path: "^(packages|apps)/[^/]+/src/", pathNot: testFiles },
    to: {
      dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
      dependencyTypesNot: ["npm", "npm-peer"],
    },
  },
];

export default {
  forbidden: [...rowRules, ...exceptionRules, ...generalRules],
  options: {
    exclude: { path: "(^|/)dist/" },
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@plumbline/source", "import", "node", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
