import { unknownNameError } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import type { ActionContext } from "@plumbline/extract/terminal";
import { textTable } from "@plumbline/extract/terminal";
import {
  metricDefinitions,
  peerReconstructionDefinitions,
  peerSparsityDefinitions,
} from "@plumbline/metrics";
import { compositeSchedules, curveConfigSchema } from "@plumbline/schedules";
import { z } from "zod";
import { compareDefinitions } from "../compare/definitions.ts";
import { createRegistries, type Registries } from "../registries.ts";

/** Flags of `plumbline list`. */
export interface ListFlags {
  readonly plugin?: readonly string[];
}

interface Entry {
  readonly name: string;
  readonly description: string;
}

type Lister = (registries: Registries) => Promise<readonly Entry[]>;

interface CurveVariant {
  readonly description?: string;
  readonly properties: { readonly kind: { readonly const: string } };
}

/** The kinds of curves with the words of their schema. */
function curveEntries(): readonly Entry[] {
  const json: unknown = z.toJSONSchema(curveConfigSchema, { io: "input" });
  const { oneOf = [] } = json as { readonly oneOf?: readonly CurveVariant[] };
  return oneOf.map(({ description = "", properties }) => ({
    name: properties.kind.const,
    description,
  }));
}

const listers: Readonly<Record<string, Lister>> = {
  architectures: async ({ architectures }) =>
    architectures.values.map(({ architectureName, description }) => ({
      name: architectureName,
      description,
    })),
  backends: async ({ backends }) =>
    Promise.all(
      backends.values.map(async ({ name, description, probe }) => {
        const found = await probe();
        return {
          name,
          description: found.available ? description : `${description} (not here: ${found.reason})`,
        };
      }),
    ),
  maps: async ({ maps }) => maps.values.map(({ name, description }) => ({ name, description })),
  metrics: async () =>
    Object.entries({
      ...metricDefinitions,
      ...compareDefinitions,
      ...peerReconstructionDefinitions,
      ...peerSparsityDefinitions,
    }).map(([name, { id, version, formula }]) => ({ name, description: `${id}@${version}: ${formula}` })),
  presets: async ({ presets }) => presets.values.map(({ name, description }) => ({ name, description })),
  schedules: async () => [...curveEntries(), ...compositeSchedules],
  sources: async ({ sources }) => sources.values.map(({ name, description }) => ({ name, description })),
};

/** What can be listed. */
export const listNames: readonly string[] = Object.keys(listers);

/** `plumbline list <what>`: what is installed, one line each. */
export async function list({ io, output, flags, args }: ActionContext<ListFlags>): Promise<undefined> {
  const what = args[0] ?? "";
  const lister = Object.hasOwn(listers, what) ? listers[what] : undefined;
  if (lister === undefined) {
    throw unknownNameError({
      kind: "list",
      name: what,
      known: listNames,
      from: "[cli] list",
      where: "plumbline list",
    });
  }
  const entries = await lister(createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd)));
  output.data(textTable(entries.map(({ name, description }) => [name, description])));
  output.event({
    type: "list-end",
    v: 1,
    of: what,
    entries: entries.map(({ name, description }) => ({ name, description })),
  });
  return undefined;
}
