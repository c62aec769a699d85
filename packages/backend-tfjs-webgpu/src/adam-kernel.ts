import { fusedKernels } from "@plumbline/ops";
import { type DataType, getKernel, registerKernel, type TensorInfo } from "@tensorflow/tfjs-core";

/** What tfjs's WebGPU backend runs; its package exports no type for it. */
interface Program {
  readonly outputShape: number[];
  readonly variableNames: readonly string[];
  readonly uniforms: string;
  readonly workgroupSize: readonly [number, number, number];
  readonly size: true;
  readonly shaderKey: string;
  readonly dispatchLayout: { readonly x: number[] };
  readonly dispatch: readonly [number, number, number];
  getUserCode(): string;
}

interface ProgramRunner {
  runWebGPUProgram(
    program: Program,
    inputs: readonly TensorInfo[],
    dtype: DataType,
    uniforms: readonly { readonly type: "float32"; readonly data: readonly number[] }[],
  ): TensorInfo;
}

/** From `webgpu_util` of tfjs's package: how many threads a shape takes. */
export interface Dispatch {
  flatDispatchLayout(shape: number[]): { x: number[] };
  computeDispatch(
    layout: { x: number[] },
    shape: number[],
    workgroupSize: [number, number, number],
  ): [number, number, number];
}

/** One number of each tensor in, one out: an expression in WGSL over the variables' and the uniforms' names. */
interface Elementwise {
  readonly name: string;
  readonly variables: readonly string[];
  readonly uniforms: readonly string[];
  readonly expression: string;
}

/** torch's Adam in three programs, one for each tensor that changes. */
const programs = {
  mean: {
    name: "mean",
    variables: ["mean", "gradient"],
    uniforms: ["beta", "share"],
    expression: "mean * uniforms.beta + gradient * uniforms.share",
  },
  variance: {
    name: "variance",
    variables: ["variance", "gradient"],
    uniforms: ["beta", "share"],
    expression: "variance * uniforms.beta + gradient * gradient * uniforms.share",
  },
  parameter: {
    name: "parameter",
    variables: ["parameter", "mean", "variance"],
    uniforms: ["stepSize", "spread", "epsilon"],
    expression:
      "parameter - uniforms.stepSize * mean / (sqrt(variance) / uniforms.spread + uniforms.epsilon)",
  },
} as const satisfies Readonly<Record<string, Elementwise>>;

const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

function programOf(
  work: Elementwise,
  shape: number[],
  { flatDispatchLayout, computeDispatch }: Dispatch,
): Program {
  const { name, variables, uniforms, expression } = work;
  const workgroupSize: [number, number, number] = [128, 1, 1];
  const dispatchLayout = flatDispatchLayout(shape);
  const reads = variables.map(
    (variable) => `let ${variable} = get${capitalized(variable)}ByOutputIndex(index);`,
  );
  return {
    outputShape: shape,
    variableNames: variables,
    uniforms: uniforms.map((uniform) => `${uniform} : f32,`).join(" "),
    workgroupSize,
    size: true,
    shaderKey: `plumbline_adam_${name}`,
    dispatchLayout,
    dispatch: computeDispatch(dispatchLayout, shape, workgroupSize),
    getUserCode: () =>
      `fn main(index : i32) { if (index < uniforms.size) { ${reads.join(" ")} setOutputAtIndex(index, ${expression}); } }`,
  };
}

/** Registers the fused Adam of `@plumbline/ops` for tfjs's WebGPU backend: 3 kernels a parameter instead of 13. */
export function registerAdam(backendName: string, dispatch: Dispatch): void {
  if (getKernel(fusedKernels.adam, backendName) !== undefined) return;
  registerKernel({
    kernelName: fusedKernels.adam,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { parameter, gradient, mean, variance } = inputs as Record<string, TensorInfo>;
      if (parameter === undefined || gradient === undefined || mean === undefined || variance === undefined)
        throw new TypeError(`${fusedKernels.adam}: expected parameter, gradient, mean and variance`);
      const { beta1 = 0, beta2 = 0, epsilon = 0, spread = 1, stepSize = 0 } = attrs as Record<string, number>;
      const run = (work: Elementwise, of: readonly TensorInfo[], uniforms: readonly number[]): TensorInfo =>
        (backend as unknown as ProgramRunner).runWebGPUProgram(
          programOf(work, parameter.shape, dispatch),
          of,
          "float32",
          uniforms.map((value) => ({ type: "float32", data: [value] })),
        );
      const nextMean = run(programs.mean, [mean, gradient], [beta1, 1 - beta1]);
      const nextVariance = run(programs.variance, [variance, gradient], [beta2, 1 - beta2]);
      const moved = [parameter, nextMean, nextVariance];
      return [run(programs.parameter, moved, [stepSize, spread, epsilon]), nextMean, nextVariance];
    },
  });
}
