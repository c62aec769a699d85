import { resolve } from "node:path";
import { verifyActivationStore } from "@plumbline/activation-store/node";
import { exitCodes } from "../terminal/exit-code.ts";
import type { ActionContext } from "../terminal/program.ts";
import { shownPath } from "../terminal/shown-path.ts";
import { shownBytes } from "../terminal/text-table.ts";

/** `plumbline-extract verify <store>`: reads everything once; exit code 6 where something is wrong. */
export async function verify({ io, output, args }: ActionContext<object>): Promise<number> {
  const given = args[0] ?? "";
  const path = given.startsWith("s3://") ? given : resolve(io.cwd, given);
  const report = await verifyActivationStore(path, {
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: ({ nShards, nShardsInAll }) =>
      output.progress(`shard ${nShards} of ${nShardsInAll}`, nShards / nShardsInAll),
  });
  const { red } = output.colors;
  for (const { where, message } of report.problems) {
    output.data(
      `${red("problem:")} ${message} (${given.startsWith("s3://") ? where : shownPath(where, io.cwd)})`,
    );
  }
  const what = `${report.nRows} rows in ${report.nShards} shards, ${shownBytes(report.bytes)}`;
  output.data(report.ok ? `all is well: ${what}` : `${report.problems.length} problems: ${what}`);
  output.event({
    type: "verify-end",
    v: 1,
    ...report,
    problems: report.problems.map((problem) => ({ ...problem })),
  });
  // Nothing there is no damage.
  const absent = report.problems.some(({ code }) => code === "no-such-store");
  return report.ok ? 0 : absent ? exitCodes.input : exitCodes.verification;
}
