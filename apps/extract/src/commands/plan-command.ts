import { type ActivationPass, PlumblineError } from "@plumbline/core";
import { openExtraction, readExtraction } from "../open-extraction.ts";
import { clockOf } from "../terminal/io.ts";
import type { ActionContext } from "../terminal/program.ts";
import { shownBytes, shownCount, shownSeconds, textTable } from "../terminal/text-table.ts";
import { describePass } from "./describe-pass.ts";
import type { ExtractFlags } from "./extract-flags.ts";

/** A trial takes at least this long, or three chunks: the first one is slower than the rest. */
const trialMs = 3000;
const trialChunks = 3;

interface Trial {
  readonly nRows: number;
  readonly rowsPerSecond: number;
  /** bytes of token id and position of a row */
  readonly idBytes: number;
  /** whether these were all rows there are */
  readonly complete: boolean;
}

/** Runs the first chunks; the first of all is left out of the speed where there are more. */
async function tryFirstChunks(
  pass: ActivationPass,
  clock: () => number,
  signal?: AbortSignal,
): Promise<Trial> {
  const start = clock();
  let warm: { readonly at: number; readonly nRows: number } | undefined;
  let nRows = 0;
  let nChunks = 0;
  let idBytes = 0;
  for await (const chunk of pass.chunks(signal === undefined ? {} : { signal })) {
    nRows += chunk.nRows;
    nChunks++;
    idBytes = 4 * (Number(chunk.tokenIds !== undefined) + Number(chunk.positions !== undefined));
    const now = clock();
    if (nChunks > trialChunks && now - start >= trialMs) {
      const since = warm ?? { at: start, nRows: 0 };
      return {
        nRows,
        idBytes,
        complete: false,
        rowsPerSecond: ((nRows - since.nRows) * 1000) / Math.max(1, now - since.at),
      };
    }
    warm ??= { at: now, nRows };
  }
  if (nRows === 0) {
    throw new PlumblineError({
      code: "empty-source",
      kind: "input",
      message: `[extract] the source "${pass.name}" has no rows`,
      hint: "check its configuration",
    });
  }
  return { nRows, idBytes, complete: true, rowsPerSecond: (nRows * 1000) / Math.max(1, clock() - start) };
}

/** Rows in all: said, seen, or counted. */
async function rowsInAll(
  pass: ActivationPass,
  trial: Trial,
  signal?: AbortSignal,
): Promise<number | undefined> {
  if (pass.nRows !== undefined) return pass.nRows;
  if (trial.complete) return trial.nRows;
  return pass.countRows?.(signal === undefined ? {} : { signal });
}

/** `plumbline-extract plan <config>`: rows, disk and time of an extraction, measured on its beginning; writes nothing. */
export async function plan({ io, output, flags, args }: ActionContext<ExtractFlags>): Promise<undefined> {
  const extraction = await readExtraction(args[0] ?? "", { io, set: flags.set, out: flags.out });
  const { dtype, rowsPerShard } = extraction.config;
  const pass = await openExtraction(extraction, { signal: io.signal, say: output.say });
  const trial = await tryFirstChunks(pass, clockOf(io), io.signal);
  const nRows = await rowsInAll(pass, trial, io.signal);
  const width = pass.hooks.reduce((sum, { dIn }) => sum + dIn, 0);
  // Token ids and positions are in every store.
  const rowBytes = width * (dtype === "float32" ? 4 : 2) + trial.idBytes * pass.hooks.length;
  const bytes = nRows === undefined ? undefined : nRows * rowBytes;
  const seconds = nRows === undefined ? undefined : nRows / trial.rowsPerSecond;
  const unknown = "unknown: the source does not say how many rows it has";
  output.data(describePass(pass));
  output.data(
    textTable(
      [
        ["rows", nRows === undefined ? unknown : `${nRows} (${shownCount(nRows)})`],
        ["speed", `${shownCount(trial.rowsPerSecond)} rows/s, measured on the first ${trial.nRows}`],
        ["time", seconds === undefined ? unknown : `about ${shownSeconds(seconds)}`],
        [
          "disk",
          bytes === undefined
            ? `${shownBytes(rowBytes)} a row`
            : `${shownBytes(bytes)} as ${dtype}, ${pass.hooks.length} × ${Math.ceil((nRows ?? 0) / rowsPerShard)} shards`,
        ],
      ],
      { indent: "  " },
    ),
  );
  output.data("nothing was written");
  output.event({
    type: "extract-plan",
    v: 1,
    source: pass.name,
    hooks: pass.hooks.map(({ hookPoint, dIn }) => ({ hookPoint: hookPoint ?? null, dIn })),
    nRows: nRows ?? null,
    bytes: bytes ?? null,
    rowsPerSecond: trial.rowsPerSecond,
    seconds: seconds ?? null,
  });
  return undefined;
}
