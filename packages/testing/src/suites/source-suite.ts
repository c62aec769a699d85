import { type ActivationChunk, type ActivationSource, activationSourceSpecVersion } from "@plumbline/core";
import { expectSameNumbers, expectThat, type TestRunner } from "../runner.ts";

async function readAll(
  source: ActivationSource,
): Promise<{ rows: number[]; tokenIds: number[]; chunks: ActivationChunk[] }> {
  const rows: number[] = [];
  const tokenIds: number[] = [];
  const chunks: ActivationChunk[] = [];
  for await (const chunk of source.chunks()) {
    chunks.push({ ...chunk, rows: chunk.rows.slice() });
    for (const value of chunk.rows) rows.push(value);
    for (const id of chunk.tokenIds ?? []) tokenIds.push(id);
  }
  return { rows, tokenIds, chunks };
}

/** The contract of {@link ActivationSource}; `open` gives a small one (at most some thousand rows). */
export function sourceSuite(
  runner: TestRunner,
  options: { name: string; open: () => Promise<ActivationSource> | ActivationSource },
): void {
  runner.suite(`source contract: ${options.name}`, () => {
    runner.test("gives whole chunks of at least one row", async () => {
      const source = await options.open();
      expectThat(
        source.specVersion === activationSourceSpecVersion,
        `specVersion is ${activationSourceSpecVersion}`,
      );
      const { chunks } = await readAll(source);
      expectThat(chunks.length > 0, "there is at least one chunk");
      for (const chunk of chunks) {
        expectThat(chunk.nRows >= 1, "a chunk has at least one row");
        expectThat(chunk.rows.length === chunk.nRows * source.dIn, "a chunk has nRows · dIn numbers");
        for (const perRow of [chunk.tokenIds, chunk.positions]) {
          expectThat(
            perRow === undefined || perRow.length === chunk.nRows,
            "token ids and positions are one a row",
          );
        }
      }
      const nRows = chunks.reduce((n, chunk) => n + chunk.nRows, 0);
      expectThat(source.nRows === undefined || source.nRows === nRows, `nRows is ${nRows}, as counted`);
    });

    runner.test("gives the same rows in the same order when read twice", async () => {
      const source = await options.open();
      const first = await readAll(source);
      const second = await readAll(source);
      expectSameNumbers(second.rows, first.rows, "rows");
      expectSameNumbers(second.tokenIds, first.tokenIds, "token ids");
    });

    runner.test("stops when told to, at the next chunk", async () => {
      const source = await options.open();
      const controller = new AbortController();
      controller.abort();
      let nChunks = 0;
      try {
        for await (const _ of source.chunks({ signal: controller.signal })) nChunks += 1;
      } catch {
        // Ending by an AbortError is as good as ending.
      }
      expectThat(nChunks <= 1, "at most one chunk comes after the signal");
    });
  });
}
