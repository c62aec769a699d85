// npm run -s kills -- [number] [seed]: kills extractions at random moments; see extract-kill.support.ts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@plumbline/core";
import { killAndResume, makeScene, type Phase, phases } from "./extract-kill.support.ts";
import { buildExtract } from "./extract-program.support.ts";

const [wanted = 200, seed = 1] = process.argv.slice(2).map(Number);
const random = createRandom(seed).stream("kills");
const program = await buildExtract();
const cwd = await mkdtemp(join(tmpdir(), "plumbline-kills-"));
const hit: Phase[] = [];
let nStores = 0;
try {
  const scene = await makeScene(program, cwd);
  console.log(`undisturbed: ${Math.round(scene.wholeMs)} ms, the end of it ${Math.round(scene.finishMs)} ms`);
  while (hit.length < wanted) {
    const maxKills = Math.min(wanted - hit.length, 12);
    hit.push(...(await killAndResume(scene, { name: `store-${nStores}`, random, maxKills })));
    nStores++;
  }
  console.log(
    `${hit.length} kills (seed ${seed}) over ${nStores} extractions, all of which ended with the undisturbed bytes`,
  );
} catch (error) {
  console.error(`after ${nStores} extractions: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const phase of phases) {
    console.log(`${String(hit.filter((one) => one === phase).length).padStart(5)}  ${phase}`);
  }
  await program.remove();
  await rm(cwd, { recursive: true });
}
