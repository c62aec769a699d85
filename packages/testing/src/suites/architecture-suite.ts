import {
  type Architecture,
  architectureSpecVersion,
  createRandom,
  fillNormal,
  type InferenceForm,
  type Named,
  type NamedArray,
} from "@plumbline/core";
import {
  add,
  addN,
  mul,
  type Scalar,
  type Tensor,
  tensor,
  tensor2d,
  tidy,
  valueAndGrads,
} from "@tensorflow/tfjs-core";
import { referenceEncode } from "../reference/reference-sae.ts";
import { expectCloseNumbers, expectSameNumbers, expectThat, type TestRunner } from "../runner.ts";
import { sampleOf } from "../toy/memory-batches.ts";
import { toySuperposition } from "../toy/toy-superposition.ts";

const dIn = 8;
const dSae = 14;
const toy = toySuperposition({ dIn, nLatents: 12, nRows: 24, l0: 3, seed: 8 });

/** What {@link architectureSuite} tests. */
export interface ArchitectureSuiteOptions {
  readonly architecture: Architecture<Tensor>;
  readonly scalars?: Readonly<Record<string, number>>;
  /**
   * Terms that stop a gradient on purpose, as AuxK does at its target: finite differences cannot see that, so they are left
   * out of the comparison and want a test of their own.
   */
  readonly detachedTerms?: readonly string[];
  /** parameters with a pseudo-gradient, as a JumpReLU's thresholds; left out of the comparison for the same reason */
  readonly straightThrough?: readonly string[];
}

function initial(architecture: Architecture<Tensor>, seed = 1): Named<NamedArray> {
  return architecture.init({ dIn, dSae, random: createRandom(seed), sample: sampleOf(toy.rows, dIn) });
}

/** Initial parameters moved off their special values (ties, zeros, exact symmetry), then put back on the constraint. */
function moved(architecture: Architecture<Tensor>): Record<string, Tensor> {
  const random = createRandom(6);
  const tensors = Object.fromEntries(
    Object.entries(initial(architecture)).map(([name, { shape, data }]) => {
      const noise = fillNormal(new Float32Array(data.length), random, 0.05);
      return [
        name,
        tensor(
          Float32Array.from(data, (value, i) => value + (noise[i] ?? 0)),
          [...shape],
        ),
      ];
    }),
  );
  return { ...tensors, ...architecture.constrain?.afterStep(tensors) } as Record<string, Tensor>;
}

function toTensors(arrays: Named<NamedArray>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
}

/**
 * The contract of an architecture written in tfjs operations. Needs an active tfjs backend with gradients registered
 * (`import "@tensorflow/tfjs"`).
 */
export function architectureSuite(runner: TestRunner, options: ArchitectureSuiteOptions): void {
  const { architecture, scalars = {}, detachedTerms = [] } = options;
  const lossOf = (parameters: Named<Tensor>): Scalar => {
    const buffers = toTensors(architecture.initBuffers({ dIn, dSae }));
    const x_BD = tensor2d(toy.rows, [toy.nRows, dIn]);
    const { terms } = architecture.loss({ parameters, buffers, x_BD, scalars });
    const compared = Object.entries(terms).filter(([name]) => !detachedTerms.includes(name));
    return addN(compared.map(([, term]) => term)) as Scalar;
  };

  runner.suite(`architecture contract: ${architecture.name} ${JSON.stringify(architecture.config)}`, () => {
    runner.test("is a frozen value that survives JSON", () => {
      expectThat(Object.isFrozen(architecture), "the architecture is frozen");
      expectThat(
        architecture.specVersion === architectureSpecVersion,
        `specVersion is ${architectureSpecVersion}`,
      );
      const text = JSON.stringify(architecture.config);
      expectThat(JSON.stringify(JSON.parse(text)) === text, "the configuration is plain JSON");
    });

    runner.test("starts from the same parameters for the same seed, with rows of the right widths", () => {
      const first = initial(architecture);
      const again = initial(architecture);
      for (const [name, { data, shape }] of Object.entries(first)) {
        expectSameNumbers(again[name]?.data ?? [], data, name);
        expectThat(data.length === shape.reduce((a, b) => a * b, 1), `${name} fills its shape`);
      }
      expectThat(`${first.decoder?.shape}` === `${[dSae, dIn]}`, "decoder is [dSae, dIn]");
    });

    runner.test("declares exactly the statistics and buffers that its loss gives", () => {
      tidy(() => {
        const parameters = moved(architecture);
        const buffers = toTensors(architecture.initBuffers({ dIn, dSae }));
        const x_BD = tensor2d(toy.rows, [toy.nRows, dIn]);
        const out = architecture.loss({ parameters, buffers, x_BD, scalars });
        const sorted = (names: readonly string[]): string => [...names].sort().join();
        expectThat(
          sorted(Object.keys(out.statistics)) === sorted(architecture.statistics),
          "statistics as declared",
        );
        expectThat(
          sorted(Object.keys(out.buffers)) === sorted(Object.keys(buffers)),
          "buffers as initialized",
        );
        for (const term of Object.values(out.terms)) expectThat(term.size === 1, "every term is a scalar");
      });
    });

    formTests(runner, { ...options, lossOf });
  });
}

/** Random directions tried in each parameter, and how many must agree. */
const directions = { tried: 9, mustAgree: 6 };

/**
 * Directional derivatives in float32. With a loss near 1 and this step, rounding is some 1e-3 of the slope. A direction along
 * which a latent enters or leaves the active set has a jump where the gradient has none, hence the vote: a wrong term is wrong
 * along almost every direction.
 */
function checkGradients(
  parameters: Record<string, Tensor>,
  options: { lossOf: (p: Named<Tensor>) => Scalar; straightThrough: readonly string[] },
): void {
  const { lossOf, straightThrough } = options;
  const names = Object.keys(parameters);
  const at = (values: readonly Tensor[]): Scalar =>
    lossOf(Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor])));
  const { grads } = valueAndGrads((...values: Tensor[]) => at(values))(
    names.map((name) => parameters[name] as Tensor),
  );
  const random = createRandom(10);
  const step = 3e-4;
  names.forEach((name, which) => {
    if (straightThrough.includes(name)) return;
    const gradient: ArrayLike<number> = grads[which]?.dataSync() ?? [];
    const own = parameters[name] as Tensor;
    const trials = Array.from({ length: directions.tried }, () => {
      const direction = fillNormal(new Float32Array(own.size), random, 1 / Math.sqrt(own.size));
      const along = tensor(direction, own.shape);
      const shifted = (sign: number): number => {
        const values = names.map((n, i) =>
          i === which ? add(own, mul(along, sign * step)) : (parameters[n] as Tensor),
        );
        return at(values).dataSync()[0] ?? Number.NaN;
      };
      const difference = (shifted(1) - shifted(-1)) / (2 * step);
      const slope = direction.reduce((sum, d, i) => sum + d * (gradient[i] ?? Number.NaN), 0);
      return { difference, slope, agrees: Math.abs(slope - difference) < 0.01 * Math.abs(difference) + 3e-3 };
    });
    const agreeing = trials.filter(({ agrees }) => agrees).length;
    const example = trials.find(({ agrees }) => !agrees);
    expectThat(
      agreeing >= directions.mustAgree,
      `the slope of ${name} is that of finite differences, as ${example?.difference}, got ${example?.slope}`,
    );
  });
}

/** Gradients, the constraint, and the form that is saved. */
function formTests(
  runner: TestRunner,
  options: ArchitectureSuiteOptions & { lossOf: (parameters: Named<Tensor>) => Scalar },
): void {
  const { architecture, lossOf, straightThrough = [] } = options;
  runner.test("has the gradient of finite differences, along random directions in every parameter", () => {
    tidy(() => checkGradients(moved(architecture), { lossOf, straightThrough }));
  });

  runner.test("keeps decoder rows at norm 1 where it says so", () => {
    if (architecture.decoderRows !== "unit") return;
    const rows = tidy(() => architecture.directions(moved(architecture)).decoder.dataSync());
    for (let i = 0; i < dSae; i++) {
      const norm = Math.hypot(...rows.slice(i * dIn, (i + 1) * dIn));
      expectThat(Math.abs(norm - 1) < 1e-6, `row ${i} has norm 1, got ${norm}`);
    }
  });

  runner.test("encodes as the inference form that it saves", () => {
    tidy(() => {
      const parameters = moved(architecture);
      const buffers = toTensors(architecture.initBuffers({ dIn, dSae }));
      const { tensors, ...rule } = architecture.inference(parameters, buffers);
      if (rule.activation.kind === "custom") return;
      const arrays = Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.dataSync()]));
      const extra = Object.fromEntries(
        Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]),
      );
      const form = {
        dIn,
        dSae,
        ...arrays,
        extra,
        ...rule,
        madeBy: { architecture: "", config: {} },
      } as unknown as InferenceForm;
      const x_BD = tensor2d(toy.rows, [toy.nRows, dIn]);
      const latents = architecture.encode(parameters, buffers, x_BD).dataSync();
      expectCloseNumbers(latents, referenceEncode(form, toy.rows), { what: "latents", tolerance: 1e-5 });
    });
  });
}
