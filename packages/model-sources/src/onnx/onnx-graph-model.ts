import { PlumblineError, unknownNameError } from "@plumbline/core";
import { cutGraph, type GraphCut } from "./cut-graph.ts";
import { type DataEnds, dataEnds } from "./data-path.ts";
import { findHookPoints, type HookPoint } from "./hook-points.ts";
import { runtimeError } from "./hook-values.ts";
import type { OnnxModel, OnnxValue } from "./onnx-model.ts";
import type { OnnxRuntime, RuntimeSession, RuntimeTensor, SessionOptions } from "./runtime.ts";
import type { InputArray } from "./token-inputs.ts";
import { unfuseSkips } from "./unfuse-skips.ts";

/** A part of a model, ready to run. */
export interface OpenedPart {
  /** inputs of the whole graph that it reads */
  readonly inputs: readonly OnnxValue[];
  /** outputs by name; the caller is done with them before it runs the part again */
  run(feeds: Readonly<Record<string, InputArray>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

/** An ONNX model whose tensors can be read and replaced. Nothing is computed, and no weight read, before a part is opened. */
export interface OnnxGraphModel {
  /** file, for messages */
  readonly where: string;
  readonly graph: OnnxModel;
  readonly ends: DataEnds;
  /** places with a name that people use, see {@link findHookPoints} */
  readonly hookPoints: readonly HookPoint[];
  /** The tensor of a hook point, or of the graph. @throws PlumblineError `unknown-hook-point` with the nearest names */
  tensorOf(hookPoint: string): string;
  /** Starts a session that computes some tensors; see {@link cutGraph}. */
  openPart(cut: GraphCut): Promise<OpenedPart>;
}

/** What {@link createOnnxGraphModel} needs. */
export interface OnnxGraphModelOptions {
  /** as `parseOnnxModel` gives it */
  readonly graph: OnnxModel;
  readonly runtime: OnnxRuntime;
  readonly session?: SessionOptions;
  /** where the model's file lies, so that weights need not be copied; left out, each part carries its own */
  readonly file?: {
    readonly folder: string;
    readonly name: string;
    /** names in the folder of files with external weights, where they differ from those in the model */
    readonly renamed?: ReadonlyMap<string, string>;
  };
}

/** Node's ONNX Runtime takes data and dimensions; bool and float16 have their own names for arrays. */
function tensorsOf(
  runtime: OnnxRuntime,
  feeds: Readonly<Record<string, InputArray>>,
): Record<string, RuntimeTensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dimensions }]) => [
      name,
      new runtime.Tensor(type as never, data as never, dimensions as never),
    ]),
  );
}

function sessionOptions({ session = {}, file }: OnnxGraphModelOptions): Record<string, unknown> {
  const { executionProviders = ["cpu"], threads } = session;
  return {
    executionProviders: [...executionProviders],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // Only errors: its warnings are for those who write operators.
    logSeverityLevel: 3,
    ...(file === undefined
      ? {}
      : { extra: { session: { model_external_initializers_file_folder_path: file.folder } } }),
  };
}

function unknownHookPoint(
  hookPoint: string,
  model: { graph: OnnxModel; hookPoints: readonly HookPoint[] },
): PlumblineError {
  const { graph, hookPoints } = model;
  const names = hookPoints.map(({ name }) => name);
  const tensors = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== "");
  // Those with a name are few enough to be listed; tensors are thousands.
  const looksNamed = /^(blocks\.|hook_)/.test(hookPoint) && names.length > 0;
  const error = unknownNameError({
    kind: "hook point",
    name: hookPoint,
    known: looksNamed ? names : [...names, ...tensors],
    from: "[model-sources] tensorOf()",
    where: graph.source.where,
  });
  const [suggestion = ""] = (error.hint ?? "").split("Known:");
  return new PlumblineError({
    code: error.code,
    kind: error.kind,
    message: error.message,
    where: graph.source.where,
    hint: `${suggestion}"plumbline-extract hooks" lists all`,
  });
}

/**
 * A model on a runtime: the graph, the names of its places, and sessions that compute parts of it.
 *
 * @throws PlumblineError on use: `unknown-hook-point`, `runtime-refused`
 */
export function createOnnxGraphModel(options: OnnxGraphModelOptions): OnnxGraphModel {
  const { runtime, file } = options;
  const graph = unfuseSkips(options.graph);
  const { where } = graph.source;
  const hookPoints = findHookPoints(graph);
  const tensors = new Set(graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== ""));

  const openPart = async (cut: GraphCut): Promise<OpenedPart> => {
    const part = cutGraph(graph, {
      ...cut,
      ...(file === undefined ? {} : { weightsIn: file.name, renamed: file.renamed ?? new Map() }),
    });
    let session: RuntimeSession;
    try {
      const created = runtime.InferenceSession.create(part.bytes as never, sessionOptions(options) as never);
      session = (await created) as RuntimeSession;
    } catch (cause) {
      throw runtimeError(where, "does not open the model", cause);
    }
    return {
      inputs: part.inputs,
      run: async (feeds) => {
        try {
          return await session.run(tensorsOf(runtime, feeds), cut.to);
        } catch (cause) {
          throw runtimeError(where, "does not run the model", cause);
        }
      },
      release: () => session.release(),
    };
  };
  return Object.freeze({
    where,
    graph,
    ends: dataEnds(graph),
    hookPoints,
    tensorOf: (hookPoint) => {
      const named = hookPoints.find(({ name }) => name === hookPoint);
      if (named !== undefined) return named.tensor;
      if (tensors.has(hookPoint)) return hookPoint;
      throw unknownHookPoint(hookPoint, { graph, hookPoints });
    },
    openPart,
  } satisfies OnnxGraphModel);
}
