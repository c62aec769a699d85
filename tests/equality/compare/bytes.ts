import type { EngineState, SaeEngine, SparseLatents, StepStats } from "@plumbline/core";
import type { EqualityCase } from "../case.ts";
import { openEngine, type Variant } from "../engines.ts";
import { type CaseFindings, violate } from "../findings.ts";

/** What an engine makes of a case, to the last bit. */
export interface Trace {
  readonly before: SparseLatents;
  readonly first: EngineState;
  readonly stats: readonly StepStats[];
  readonly last: EngineState;
  readonly after: SparseLatents;
}

/** The case's batch, and two more of its tokens in other orders and numbers. */
function batchesOf({ batch, dIn, nTokens }: EqualityCase): readonly Float32Array[] {
  const half = batch.slice(0, Math.max(1, Math.floor(nTokens / 2)) * dIn);
  const turned = new Float32Array(batch.length);
  for (let b = 0; b < nTokens; b++)
    turned.set(batch.subarray(b * dIn, (b + 1) * dIn), (nTokens - 1 - b) * dIn);
  return [batch, half, turned];
}

/** Encodes, trains three steps, and encodes again. */
export async function traceOf(engine: SaeEngine, one: EqualityCase): Promise<Trace> {
  const before = await engine.encode(one.batch);
  const stats: StepStats[] = [];
  let first: EngineState | undefined;
  for (const batch of batchesOf(one)) {
    const reported = await engine.step(batch, one.controls);
    if (reported !== undefined) stats.push(reported);
    first ??= await engine.exportState();
  }
  const last = await engine.exportState();
  return { before, first: first ?? last, stats, last, after: await engine.encode(one.batch) };
}

type Data = Float32Array | Int32Array | Uint32Array;

const bytesOf = (data: Data): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

function latentsOf(name: string, { rowStarts, indices, values }: SparseLatents): [string, Data][] {
  return [
    [`${name}, row starts`, rowStarts as Data],
    [`${name}, indices`, indices as Data],
    [`${name}, values`, values],
  ];
}

/** What screening did differs between levels; nothing else may. */
const ofScreening: readonly string[] = ["unprovenRows", "redoneRows", "rescoredLatents"];

function numbersOf({ loss, gradientNorm, terms, statistics }: StepStats): Float32Array {
  const told = Object.entries(statistics).filter(([name]) => !ofScreening.includes(name));
  const numbers = Float64Array.of(
    loss,
    gradientNorm,
    ...Object.values(terms),
    ...told.map(([, value]) => value),
  );
  return new Float32Array(numbers.buffer);
}

function partsOf(trace: Trace): readonly [string, Data][] {
  return [
    ...latentsOf("encode", trace.before),
    ...trace.stats.map((stats, i): [string, Data] => [`statistics of step ${i + 1}`, numbersOf(stats)]),
    ...Object.entries(trace.last.arrays).map(([name, { data }]): [string, Data] => [
      `${name} after 3 steps`,
      data as Data,
    ]),
    ...latentsOf("encode after 3 steps", trace.after),
  ];
}

/** Where two traces differ first, or nothing. */
export function firstDifference(a: Trace, b: Trace): string | undefined {
  const others = new Map(partsOf(b));
  for (const [name, data] of partsOf(a)) {
    const other = others.get(name);
    if (other === undefined || !bytesOf(data).equals(bytesOf(other))) return name;
  }
  return undefined;
}

/** Every variant of the native engine gives the bytes of the first. */
export async function compareBytes(
  found: CaseFindings,
  one: EqualityCase,
  made: { native: Variant; trace: Trace; variants: readonly Variant[] },
): Promise<void> {
  const { native, trace, variants } = made;
  const count = (name: string, stats: readonly StepStats[]): void => {
    for (const { statistics } of stats) found.all.level(name, one.nTokens, statistics);
  };
  count(native.name, trace.stats);
  for (const variant of variants) {
    const engine = await openEngine(variant.backend, one);
    const other = await traceOf(engine, one);
    engine.dispose();
    count(variant.name, other.stats);
    const where = firstDifference(trace, other);
    if (where !== undefined)
      violate(found, `${variant.name} differs from ${native.name} in the bytes of ${where}`);
  }
}
