import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The part of S3 that stores need, over objects in memory, in one bucket named `data`. */
export interface TestS3 {
  readonly endpoint: string;
  readonly objects: Map<string, Uint8Array>;
  /** method and key of every request */
  readonly requests: string[];
  /** looks at each request first; returns true where it has answered */
  intercept: ((request: IncomingMessage, response: ServerResponse, key: string) => boolean) | undefined;
  close(): Promise<void>;
}

export function refuse(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<Error><Code>${code}</Code><Message>${code} said the test</Message></Error>`);
  return true;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

function list(
  response: ServerResponse,
  objects: ReadonlyMap<string, Uint8Array>,
  query: URLSearchParams,
): void {
  // Pages of two: stores must follow the tokens.
  const keys = [...objects.keys()].filter((key) => key.startsWith(query.get("prefix") ?? "")).sort();
  const start = Number(query.get("continuation-token") ?? 0);
  const page = keys.slice(start, start + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`);
  const more = start + 2 < keys.length;
  const next = more ? `<NextContinuationToken>${start + 2}</NextContinuationToken>` : "";
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${page.join("")}</ListBucketResult>`,
  );
}

function get(request: IncomingMessage, response: ServerResponse, content: Uint8Array): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const part = from === undefined ? content : content.subarray(Number(from), Number(to) + 1);
  response.writeHead(from === undefined ? 200 : 206, { "content-length": part.length });
  response.end(request.method === "HEAD" ? undefined : part);
}

async function put(
  request: IncomingMessage,
  response: ServerResponse,
  server: TestS3,
  key: string,
): Promise<void> {
  const content = await bodyOf(request);
  const sum = request.headers["x-amz-checksum-sha256"];
  if (sum !== undefined && sum !== createHash("sha256").update(content).digest("base64")) {
    refuse(response, 400, "BadDigest");
    return;
  }
  server.objects.set(key, content);
  response.end();
}

async function answer(server: TestS3, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  const key = rest.join("/");
  server.requests.push(`${request.method} ${key}`);
  if (server.intercept?.(request, response, key)) return;
  if (bucket !== "data") {
    refuse(response, 404, "NoSuchBucket");
  } else if (key === "") {
    list(response, server.objects, url.searchParams);
  } else if (request.method === "PUT") {
    await put(request, response, server, key);
  } else if (request.method === "DELETE") {
    server.objects.delete(key);
    response.writeHead(204).end();
  } else {
    const content = server.objects.get(key);
    if (content === undefined) refuse(response, 404, "NoSuchKey");
    else get(request, response, content);
  }
}

export async function startTestS3(): Promise<TestS3> {
  const objects = new Map<string, Uint8Array>();
  const http = createServer((request, response) => {
    answer(server, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: TestS3 = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    objects,
    requests: [],
    intercept: undefined,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
  return server;
}
