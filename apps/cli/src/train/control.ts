import { PlumblineError } from "@plumbline/core";
import { metaSaeControls } from "@plumbline/meta-sae";
import type { ResolvedTrainConfig } from "./resolve-train-config.ts";

/**
 * The same training without its meta SAE: the control of a joint run.
 *
 * @param path of the configuration, for the refusal
 * @throws PlumblineError `no-meta-sae`
 */
export function withoutMetaSae(resolved: ResolvedTrainConfig, path: string): ResolvedTrainConfig {
  const { metaSae, ...config } = resolved.config;
  if (metaSae === undefined) {
    throw new PlumblineError({
      code: "no-meta-sae",
      kind: "usage",
      message: "[cli] train --control: the configuration has no meta SAE that a control could do without",
      where: path,
      hint: 'leave --control away, or add "metaSae"',
    });
  }
  const schedules = Object.fromEntries(
    Object.entries(config.schedules).filter(([name]) => !metaSaeControls.includes(name)),
  );
  return { ...resolved, config: { ...config, schedules } };
}
