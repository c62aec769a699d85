// npm run wasm [-- --check]: compiles the core to wasm/*.wasm with clang, or, with --check, to a temporary folder and compares
// byte for byte with what is there. The hash of the sources goes beside the modules; tests compare it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder, wasmModules, wasmSourceHash, wasmSources } from "./sources.mjs";

/** The release that the committed modules come from; another one gives other bytes. */
const clangRelease = "19.1";

function findClang() {
  for (const name of [process.env.WASM_CXX, "clang++-19", "clang++"]) {
    if (name === undefined) continue;
    const { status, stdout } = spawnSync(name, ["--version"], { encoding: "utf8" });
    if (status === 0 && stdout.includes(`version ${clangRelease}.`)) return name;
  }
  return undefined;
}

const isCheck = process.argv.includes("--check");
const clang = findClang();
if (clang === undefined) {
  console.log(
    `skipped: no clang ${clangRelease} with lld (Debian: clang-19, lld-19; or name one in WASM_CXX)`,
  );
} else {
  const shipped = join(packageFolder, "wasm");
  const out = isCheck ? mkdtempSync(join(tmpdir(), "plumbline-wasm-")) : shipped;
  for (const { file, flags } of wasmModules) {
    const target = join(out, file);
    const result = spawnSync(clang, [...flags, ...wasmSources, "-o", target], {
      cwd: join(packageFolder, "native"),
      encoding: "utf8",
    });
    if (result.status !== 0) {
      console.error(result.stderr);
      process.exit(1);
    }
    const bytes = readFileSync(target);
    const isSame = isCheck && bytes.equals(readFileSync(join(shipped, file)));
    console.log(
      `${file}: ${bytes.length} bytes${isCheck ? (isSame ? ", as shipped" : ", NOT as shipped") : ""}`,
    );
    if (isCheck && !isSame) process.exitCode = 1;
  }
  if (isCheck) rmSync(out, { recursive: true });
  else {
    const stamp = { sources: wasmSourceHash(), compiler: `clang ${clangRelease}` };
    writeFileSync(join(shipped, "sources.json"), `${JSON.stringify(stamp, undefined, 2)}\n`);
  }
}
