import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** Does `work`; wall milliseconds, and CPU milliseconds of all threads of this process together. */
export async function timed(work: () => Promise<unknown>): Promise<{ wallMs: number; cpuMs: number }> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
}

/** A field of /proc/self/status that is given in kB, in bytes; 0 where there is no such file. */
export function statusBytes(field: "VmRSS" | "VmHWM"): number {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch {
    return 0;
  }
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}
