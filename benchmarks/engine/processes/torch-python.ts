import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const torchFolder = fileURLToPath(new URL("../torch/", import.meta.url));
const ownPython = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
const systemPython = "/usr/bin/python3";

/** An interpreter that has torch. */
export interface TorchPython {
  /** `torch 2.3.1` */
  readonly label: string;
  readonly program: string;
  /** versions and libraries, in one line */
  readonly description: string;
}

/** What `versions.py` says, as far as it is printed. */
interface TorchInfo {
  readonly python: string;
  readonly torch: string;
  readonly mkl: boolean;
  readonly oneDnn: boolean;
  readonly libraries: readonly string[];
  readonly openblasKernel: string | null;
}

/** The environment for PyTorch: without what would make OpenBLAS take kernels for another processor. */
export function torchEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...others } = process.env;
  return others;
}

const ask = `import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import versions
print(json.dumps(versions.info()))`;

async function infoOf(program: string): Promise<TorchInfo | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ["-c", ask, torchFolder], {
      env: torchEnvironment(),
    });
    return JSON.parse(stdout) as TorchInfo;
  } catch {
    return undefined;
  }
}

function describe(info: TorchInfo): string {
  const blas = info.openblasKernel === null ? [] : [`OpenBLAS kernels for ${info.openblasKernel}`];
  const uses = [...(info.mkl ? ["MKL"] : []), ...(info.oneDnn ? ["oneDNN"] : []), ...blas];
  return `torch ${info.torch}, Python ${info.python}, ${uses.join(", ") || "no known BLAS"}`;
}

/**
 * Interpreters with torch: `$PLUMBLINE_BENCH_PYTHON` or the one of setup.sh, and the system's.
 *
 * @returns those found, and what to do where there is none
 */
export async function findTorch(): Promise<{ found: readonly TorchPython[]; skipped: readonly string[] }> {
  const chosen = process.env.PLUMBLINE_BENCH_PYTHON ?? ownPython;
  const programs = [...new Set([chosen, systemPython])].filter((program) => existsSync(program));
  const infos = await Promise.all(programs.map(infoOf));
  const found: TorchPython[] = [];
  for (const [i, info] of infos.entries()) {
    if (info === undefined) continue;
    const short = `torch ${info.torch.split("+")[0]}`;
    const label = found.some((one) => one.label === short) ? `${short}, Python ${info.python}` : short;
    found.push({ label, program: programs[i] ?? "", description: describe(info) });
  }
  if (found.length > 0) return { found, skipped: [] };
  const how =
    "run benchmarks/engine/torch/setup.sh, or set PLUMBLINE_BENCH_PYTHON to a Python that has torch";
  return { found, skipped: [`PyTorch: no Python with torch was found; ${how}`] };
}

/** The program and arguments of PyTorch's worker. */
export function torchWorker({ program }: TorchPython): readonly [string, readonly string[]] {
  return [program, [`${torchFolder}worker.py`]];
}
