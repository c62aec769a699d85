import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, describe as suite, test } from "vitest";
import { type ResolveModelOptions, resolveModelFolder } from "./resolve-model-folder.ts";

const commit = "c".repeat(40);
let cacheFolder = "";
let server: Server;
let address = "";
let requests: IncomingMessage[] = [];
let files: Record<string, string> = {};
let intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;

function entryOf(path: string, content: string) {
  const size = Buffer.byteLength(content);
  const oid = createHash("sha1").update(`blob ${size}\0${content}`).digest("hex");
  const lfs = { oid: createHash("sha256").update(content).digest("hex"), size, pointerSize: 130 };
  return { type: "file", path, size, oid, ...(path.includes(".onnx") ? { lfs } : {}) };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request);
  if (intercept(request, response)) return;
  const { pathname } = new URL(request.url ?? "", address);
  const json = (value: unknown) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  if (pathname.includes("/revision/")) return void json({ _id: "1", id: "o/m", sha: commit });
  if (pathname.includes("/tree/")) return void json(Object.entries(files).map(([p, c]) => entryOf(p, c)));
  const path = decodeURIComponent(pathname.split(`/resolve/${commit}/`)[1] ?? "");
  response.end(files[path]);
}

async function listen(handler: typeof answer): Promise<{ server: Server; address: string }> {
  const made = createServer(handler);
  await new Promise<void>((done) => void made.listen(0, "127.0.0.1", done));
  return { server: made, address: `http://127.0.0.1:${(made.address() as AddressInfo).port}` };
}

const close = (one: Server) => {
  one.closeAllConnections();
  return new Promise((done) => void one.close(done));
};

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "plumbline-hub-"));
  ({ server, address } = await listen(answer));
  requests = [];
  intercept = () => false;
  files = {
    "config.json": "{}",
    "onnx/model.onnx": "graph",
    "onnx/model.onnx_data": "weights",
    "a.bin": "no",
  };
});
afterEach(async () => {
  if (server.listening) await close(server);
  await rm(cacheFolder, { recursive: true });
});

const find = (options: ResolveModelOptions = {}, name = "o/m") =>
  resolveModelFolder(name, { cacheFolder, hubUrl: address, env: { HF_HOME: cacheFolder }, ...options });
const onlyFor = (part: string, act: (response: ServerResponse) => void) => {
  intercept = (request, response) => {
    if (!(request.url ?? "").includes(part)) return false;
    act(response);
    return true;
  };
};

suite("resolveModelFolder()", () => {
  test("downloads what is needed, once", async () => {
    const folder = await find();
    expect((await readdir(folder)).sort()).toEqual(["config.json", "onnx"]);
    expect(await readFile(join(folder, "onnx/model.onnx_data"), "utf8")).toBe("weights");
    const nRequests = requests.length;
    expect(nRequests).toBe(5);
    expect(await find()).toBe(folder);
    expect(requests.slice(nRequests).map(({ url }) => url?.split("?")[0])).toEqual([
      "/api/models/o/m/revision/main",
    ]);
    expect(await find({ offline: true })).toBe(folder);
    await close(server);
    const warnings: string[] = [];
    expect(await find({ onProgress: ({ type }) => void warnings.push(type) })).toBe(folder);
    expect(warnings).toEqual(["warning"]);
  });

  test("keeps nothing of a file that was cut off, or is another", async () => {
    onlyFor("model.onnx_data", (response) => {
      response.writeHead(200, { "content-length": 7 }).write("wei");
      setTimeout(() => response.destroy(), 20);
    });
    await expect(find()).rejects.toMatchObject({ code: "broken-download", kind: "environment" });
    await expect(find({ offline: true })).rejects.toMatchObject({ code: "not-in-cache" });
    for (const wrong of ["wei", "weightsX", "WEIGHTS"]) {
      onlyFor("model.onnx_data", (response) => void response.end(wrong));
      await expect(find()).rejects.toMatchObject({ code: "broken-download" });
    }
    intercept = () => false;
    expect(await readFile(join(await find(), "onnx/model.onnx_data"), "utf8")).toBe("weights");
    const blobs = await readdir(join(cacheFolder, "models--o--m", "blobs"));
    expect(blobs.filter((name) => name.includes("partial"))).toEqual([]);
  });

  test.each([
    [401, "", "hub-unauthorized", "environment"],
    [403, "GatedRepo", "hub-gated", "environment"],
    [404, "", "hub-repository-not-found", "input"],
    [404, "RevisionNotFound", "hub-revision-not-found", "input"],
    [500, "", "hub-unavailable", "environment"],
  ])("explains status %i %s without the token", async (status, errorCode, code, kind) => {
    onlyFor("/api/", (response) => void response.writeHead(status, { "x-error-code": errorCode }).end());
    const error = await find({ token: "hf_secret" }).catch((reason) => reason);
    expect(error).toMatchObject({ code, kind });
    expect(error.message).not.toContain("hf_secret");
  });

  test("refuses names that lead out of the cache", async () => {
    files = { "../../../x.onnx": "bad", "onnx/model.onnx": "graph" };
    await expect(find()).rejects.toMatchObject({ code: "unsafe-path" });
    await expect(find({ revision: "../../x" })).rejects.toMatchObject({ code: "bad-revision" });
  });

  test("shows the token to the Hub alone", async () => {
    const seen: (string | undefined)[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end("weights");
    });
    onlyFor(
      "model.onnx_data",
      (response) => void response.writeHead(302, { location: `${other.address}/x` }).end(),
    );
    await find({ token: "hf_secret" });
    await close(other.server);
    expect(seen).toEqual([undefined]);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(Array(5).fill("Bearer hf_secret"));
  });

  test("takes the wanted split of a dataset", async () => {
    files = { "data/train-0.parquet": "a", "data/test-0.parquet": "b", "README.md": "c" };
    const folder = await find({ split: "test" }, "hf-dataset:o/m");
    expect(await readdir(join(folder, "data"))).toEqual(["test-0.parquet"]);
  });

  test("takes what looks like a path for one", async () => {
    for (const name of ["./x", "/no/x", "x/y/z", "gpt2"])
      await expect(find({}, name)).rejects.toMatchObject({ code: "no-such-file", kind: "input" });
    expect(await find({}, cacheFolder)).toBe(cacheFolder);
    expect(requests).toEqual([]);
  });
});
