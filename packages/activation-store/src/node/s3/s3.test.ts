import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { openActivationStore } from "../open-activation-store.ts";
import { filesBelow, inFolder, numbered, testSource } from "../store.test-kit.ts";
import { going, options, testPass } from "../two-places.test-kit.ts";
import { verifyActivationStore } from "../verify-activation-store.ts";
import { writeActivationStore } from "../write-activation-store.ts";
import { writeActivationStores } from "../write-activation-stores.ts";
import { refuse, startTestS3, type TestS3 } from "./s3-server.test-kit.ts";

let server: TestS3;
beforeEach(async () => {
  server = await startTestS3();
  vi.stubEnv("AWS_ENDPOINT_URL_S3", server.endpoint);
  vi.stubEnv("AWS_REGION", "nowhere-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const url = "s3://data/runs/store";
const source = testSource({ nRows: 11, dIn: 3, withIds: true });
/** The objects below a prefix, as `filesBelow` gives files. */
const objectsBelow = (prefix: string) =>
  Object.fromEntries(
    [...server.objects]
      .filter(([key]) => key.startsWith(`${prefix}/`))
      .map(
        ([key, content]) => [key.slice(prefix.length + 1), Buffer.from(content).toString("base64")] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
async function onDisk(): Promise<Record<string, string>> {
  return inFolder(async (folder) => {
    await writeActivationStores(`${folder}/out`, testPass(), { rowsPerShard: 4 });
    return filesBelow(`${folder}/out`);
  });
}

suite("a store in S3-compatible storage", () => {
  test("is written, opened, read and verified, the manifest last", async () => {
    const manifest = await writeActivationStore(url, source, { rowsPerShard: 4, dtype: "BF16" });
    const puts = server.requests.filter((request) => request.startsWith("PUT"));
    expect(puts).toEqual(
      ["shard-00000.safetensors", "shard-00001.safetensors", "shard-00002.safetensors"]
        .concat("statistics.safetensors", "store.json")
        .map((name) => `PUT runs/store/${name}`),
    );
    const store = await openActivationStore(`${url}/`);
    expect(store.manifest).toEqual(manifest);
    // Halves up to 33 take at most 7 bits: nothing is rounded.
    const out = new Float32Array(6);
    await store.readRows(Uint32Array.of(9, 2), out);
    expect([...out]).toEqual([27.5, 28.5, 29.5, 6.5, 7.5, 8.5]);
    expect((await store.rows(0, 11)).rows).toEqual(numbered(11, 3));
    await store.close();
    expect(await verifyActivationStore(url)).toMatchObject({ ok: true, nRows: 11, nShards: 3 });
    const shard = server.objects.get("runs/store/shard-00001.safetensors");
    if (shard !== undefined) shard[shard.length - 3] = 99;
    expect((await verifyActivationStore(url)).problems).toEqual([
      expect.objectContaining({ code: "altered-shard", where: `${url}/shard-00001.safetensors` }),
    ]);
    await expect(openActivationStore(url)).rejects.toThrow(
      expect.objectContaining({ code: "altered-shard" }),
    );
  });

  test("is the same as on disk, one for each hook point", async () => {
    const stores = await writeActivationStores(url, testPass(), { rowsPerShard: 4 });
    expect(stores.map((store) => store.path)).toEqual([`${url}/blocks.0`, `${url}/blocks_1`]);
    expect(objectsBelow("runs/store")).toEqual(await onDisk());
    await expect(writeActivationStores(url, testPass(), {})).rejects.toThrow(
      expect.objectContaining({ code: "output-exists", where: url }),
    );
  });

  test("goes on after an interruption at any request that changes something", async () => {
    const expected = await onDisk();
    await writeActivationStores(url, testPass(), options);
    const changes = server.requests.filter((request) => /^(PUT|DELETE)/.test(request)).length;
    expect(objectsBelow("runs/store")).toEqual(expected);
    // Every second one: a shard of both hook points takes three, so each kind has its turn.
    for (let limit = 0; limit < changes; limit += 2) {
      server.objects.clear();
      let count = 0;
      server.intercept = (request, response) =>
        /^(PUT|DELETE)/.test(request.method ?? "") &&
        count++ >= limit &&
        refuse(response, 403, "AccessDenied");
      await expect(writeActivationStores(url, testPass(), options)).rejects.toThrow(
        expect.objectContaining({ code: "no-permission", kind: "environment" }),
      );
      server.intercept = undefined;
      const hasManifest = [...server.objects.keys()].filter((key) => key.endsWith("store.json")).length;
      expect(hasManifest).toBeLessThanOrEqual(limit === changes - 1 ? 2 : 1);
      await writeActivationStores(url, testPass(), going);
      expect(objectsBelow("runs/store")).toEqual(expected);
    }
  });

  test("asks before it goes on, and only with the same fingerprint", async () => {
    await expect(writeActivationStores(url, testPass({ stopAt: 9 }), options)).rejects.toThrow("fell over");
    const before = objectsBelow("runs/store");
    expect(Object.keys(before)).toContain("progress.ndjson");
    for (const [asked, code] of [
      [options, "partial-exists"],
      [{}, "partial-exists"],
      [{ ...going, resumable: { fingerprint: "another" } }, "foreign-partial"],
    ] as const) {
      await expect(writeActivationStores(url, testPass(), asked)).rejects.toThrow(
        expect.objectContaining({ code, kind: "usage" }),
      );
      expect(objectsBelow("runs/store")).toEqual(before);
    }
    const starts: number[] = [];
    await writeActivationStores(url, testPass({ starts }), going);
    expect(starts).toEqual([8]);
  });

  test("leaves nothing of a writing that failed and is not resumable", async () => {
    const broken = testPass({ stopAt: 9 });
    await expect(writeActivationStores(url, broken, { rowsPerShard: 4 })).rejects.toThrow("fell over");
    expect([...server.objects.keys()]).toEqual([]);
  });
});

suite("S3-compatible storage that fails", () => {
  const both = (work: (path: string) => Promise<unknown>) => work("s3://data/runs/store");
  const writing = (path: string) => writeActivationStore(path, source, { rowsPerShard: 4 });

  test("names a bucket that does not exist", async () => {
    for (const doing of [writing, openActivationStore, verifyActivationStore]) {
      await expect(doing("s3://missing/runs/store")).rejects.toThrow(
        expect.objectContaining({ code: "no-such-bucket", kind: "usage" }),
      );
    }
    await expect(openActivationStore(url)).rejects.toThrow(
      expect.objectContaining({ code: "no-such-store" }),
    );
  });

  test("says that permission is denied", async () => {
    server.intercept = (_request, response) => refuse(response, 403, "AccessDenied");
    for (const doing of [writing, openActivationStore, verifyActivationStore]) {
      await expect(both(doing)).rejects.toThrow(
        expect.objectContaining({ code: "no-permission", kind: "environment" }),
      );
    }
  });

  test("gives up soon where nobody answers", async () => {
    await server.close();
    for (const doing of [writing, openActivationStore, verifyActivationStore]) {
      await expect(both(doing)).rejects.toThrow(
        expect.objectContaining({ code: "storage-away", kind: "environment" }),
      );
    }
  });

  test("tries a body that breaks off again, twice, and then gives up", async () => {
    await both(writing);
    const nRequests = (name: string) =>
      server.requests.filter((request) => request === `GET runs/store/${name}`).length;
    let broken = 0;
    server.intercept = (request, response, key) => {
      if (request.method !== "GET" || !key.endsWith("shard-00001.safetensors") || broken-- <= 0) return false;
      response.writeHead(206, { "content-length": 500 });
      response.write("short");
      setTimeout(() => response.destroy(), 5);
      return true;
    };
    broken = 1;
    expect((await verifyActivationStore(url)).ok).toBe(true);
    broken = 100;
    const before = nRequests("shard-00001.safetensors");
    await expect(verifyActivationStore(url)).rejects.toThrow(
      expect.objectContaining({ code: "storage-away", kind: "environment" }),
    );
    expect(nRequests("shard-00001.safetensors") - before).toBe(3);
  });

  test("refuses URLs without a prefix", async () => {
    for (const bad of ["s3://data", "s3://data/", "s3:///x", "s3://DATA/x"]) {
      await expect(openActivationStore(bad)).rejects.toThrow(
        expect.objectContaining({ code: "bad-url", kind: "usage" }),
      );
    }
  });

  test("says what to install where the package is missing", async () => {
    vi.doMock("@aws-sdk/client-s3", () => {
      throw new Error("Cannot find package");
    });
    try {
      await expect(openActivationStore(url)).rejects.toThrow(
        expect.objectContaining({
          code: "package-missing",
          kind: "environment",
          hint: "npm install @aws-sdk/client-s3",
        }),
      );
    } finally {
      vi.doUnmock("@aws-sdk/client-s3");
    }
  });
});
