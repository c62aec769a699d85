import type { BatchSource } from "@plumbline/core";
import { expectSameNumbers, expectThat, type TestRunner } from "../runner.ts";

async function take(
  source: BatchSource,
  options: { batchSize: number; startStep: number; n: number },
): Promise<Float32Array[]> {
  const batches: Float32Array[] = [];
  if (options.n === 0) return batches;
  for await (const batch of source.batches(options)) {
    batches.push(batch.slice());
    if (batches.length === options.n) break;
  }
  return batches;
}

/** Rows as text, for counting. */
function rowKeys(batches: readonly Float32Array[], dIn: number): string[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length / dIn }, (_, i) => batch.subarray(i * dIn, (i + 1) * dIn).join()),
  );
}

/**
 * The contract of {@link BatchSource}: one order a seed, every row once an epoch, any step from nowhere.
 *
 * @param options.create a source over the same rows, distinct from one another, for each seed
 */
export function batchSourceSuite(
  runner: TestRunner,
  options: { name: string; create: (seed: number) => Promise<BatchSource> | BatchSource },
): void {
  runner.suite(`batch source contract: ${options.name}`, () => {
    for (const batchSize of [1, 5, 32]) {
      runner.test(`sees every row once an epoch, in batches of ${batchSize}`, async () => {
        const source = await options.create(0);
        const n = Math.ceil((2 * source.nRows) / batchSize);
        const keys = rowKeys(await take(source, { batchSize, startStep: 0, n }), source.dIn);
        for (const epoch of [0, 1]) {
          const seen = new Set(keys.slice(epoch * source.nRows, (epoch + 1) * source.nRows));
          expectThat(
            seen.size === source.nRows,
            `epoch ${epoch} has ${source.nRows} different rows, got ${seen.size}`,
          );
        }
      });
    }

    runner.test("gives one order for one seed and other orders for others", async () => {
      const read = async (seed: number): Promise<number[]> =>
        (await take(await options.create(seed), { batchSize: 7, startStep: 0, n: 6 })).flatMap((b) => [...b]);
      const first = await read(1);
      expectSameNumbers(await read(1), first, "the second reading");
      const other = await read(2);
      expectThat(
        other.some((value, i) => value !== first[i]),
        "another seed gives another order",
      );
    });

    runner.test("starts at any step as if it had read up to there", async () => {
      const source = await options.create(3);
      const whole = await take(source, { batchSize: 6, startStep: 0, n: 20 });
      for (const startStep of [0, 1, 7, 19]) {
        const rest = await take(source, { batchSize: 6, startStep, n: 20 - startStep });
        rest.forEach((batch, i) => {
          expectSameNumbers(batch, whole[startStep + i] ?? [], `batch ${startStep + i}`);
        });
      }
    });

    runner.test("states the statistics of its rows", async () => {
      const source = await options.create(0);
      const rows =
        (await take(source, { batchSize: source.nRows, startStep: 0, n: 1 }))[0] ?? new Float32Array();
      const square = rows.reduce((sum, value) => sum + value * value, 0) / source.nRows;
      const { meanSquaredNorm, mean, nRows } = source.statistics;
      expectThat(nRows === source.nRows, "the statistics cover all rows");
      expectThat(Math.abs(meanSquaredNorm - square) <= 1e-5 * square, `meanSquaredNorm is ${square}`);
      const first =
        rows.reduce((sum, value, i) => (i % source.dIn === 0 ? sum + value : sum), 0) / source.nRows;
      expectThat(
        Math.abs((mean[0] ?? Number.NaN) - first) <= 1e-4 * (1 + Math.abs(first)),
        `mean[0] is ${first}`,
      );
    });
  });
}
