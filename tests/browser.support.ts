import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The command of a Chromium on this machine, if there is one. */
export const browser: string | undefined = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** Flags with which Chromium offers WebGPU in software, by the SwiftShader that comes with it. */
export const webgpuFlags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] as const;

/**
 * Opens a page in a browser without a window until `result` is there.
 *
 * @returns the result, or that the browser closed before
 */
export async function inBrowser(
  url: string,
  result: Promise<string>,
  flags: readonly string[] = ["--disable-gpu"],
): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "plumbline-browser-"));
  const always = ["--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking"];
  const all = [...always, ...flags, `--user-data-dir=${profile}`, url];
  const child = spawn(browser ?? "", all, { stdio: "ignore" });
  const closed = new Promise((resolve) => child.on("close", resolve));
  const text = await Promise.race([result, closed.then(() => "the browser closed by itself")]);
  child.kill();
  await closed;
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // The browser's own helpers may still write; the system clears its temporary folder.
  }
  return text;
}
