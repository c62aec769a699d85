import { throwIfAborted } from "../../errors.ts";
import { type Asked, answerError, badAnswer, unreachableError } from "./hub-errors.ts";

/** Of one answer to a question, which the Hub gives in pages of 1000 files: some hundred KB. */
const maxAnswerBytes = 64 * 2 ** 20;

/** A hundred times what the longest allowed listing takes. */
const maxQuestions = 10_000;

/** One call's way to the Hub. */
export interface HubSession extends Asked {
  /** A GET that the Hub answered with success. @throws PlumblineError for every other outcome */
  get(url: string | URL, init?: RequestInit): Promise<Response>;
  /** The same in the form of `fetch`, for answers that fit in memory. */
  readonly ask: typeof fetch;
}

interface SessionOptions extends Omit<Asked, "hasToken"> {
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A body's chunks; Node iterates over its streams, which the browser's types do not know. */
export function chunksOf(response: Response): AsyncIterable<Uint8Array<ArrayBuffer>> | never[] {
  return (response.body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>> | null) ?? [];
}

async function wholeBody(response: Response, asked: Asked): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let nBytes = 0;
  for await (const chunk of chunksOf(response)) {
    nBytes += chunk.length;
    if (nBytes > maxAnswerBytes) throw badAnswer(`an answer takes more than ${maxAnswerBytes} bytes`, asked);
    chunks.push(chunk);
  }
  return new Blob(chunks);
}

/**
 * Requests to the Hub. The token goes to the Hub's own origin and nowhere else: not to the host that a redirect or a
 * `Link` leads to.
 */
export function createHubSession({ token, signal, ...rest }: SessionOptions): HubSession {
  const asked: Asked = { ...rest, hasToken: token !== undefined };
  const { origin } = new URL(asked.address);
  let nQuestions = 0;

  const withToken = (url: URL, given: HeadersInit | undefined): Headers => {
    const headers = new Headers(given);
    headers.delete("authorization");
    // fetch() itself takes this header off when it is led to another origin.
    if (token !== undefined && url.origin === origin) headers.set("authorization", `Bearer ${token}`);
    return headers;
  };
  const explain = (error: unknown, url: URL): unknown => {
    throwIfAborted(signal, "resolveModelFolder()");
    return error instanceof TypeError ? unreachableError(error, url) : error;
  };
  const get: HubSession["get"] = async (address, init = {}) => {
    throwIfAborted(signal, "resolveModelFolder()");
    const url = new URL(address);
    const headers = withToken(url, init.headers);
    let response: Response;
    try {
      response = await fetch(url, { ...init, headers, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      throw explain(error, url);
    }
    if (response.ok) return response;
    await response.body?.cancel().catch(() => undefined);
    throw answerError(response, asked);
  };
  const ask: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (++nQuestions > maxQuestions) throw badAnswer("the list of files has no end", asked);
    const response = await get(url, init);
    try {
      const { status, headers } = response;
      return new Response(await wholeBody(response, asked), { status, headers });
    } catch (error) {
      throw explain(error, url);
    }
  };
  return { ...asked, get, ask };
}
