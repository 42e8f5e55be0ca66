// api.ts - the requests that the page makes, and their failures in words.
import { addLabels, type Filter } from "./base/labels";
import { meowFrom, type Meow, type RawMeow } from "./base/meow";

export interface Page {
  readonly meows: Meow[];
  readonly cursor: string | null; // the position that the answer reflects
  readonly isFallback: boolean; // a search that only looked through the newest meows
}

/** A request that did not succeed. `message` is for people. */
export class RequestError extends Error {
  constructor(
    message: string,
    readonly status: number, // 0: there was no answer
  ) {
    super(message);
  }

  /** The same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** What to say of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "That did not work.";
}

const TIMEOUT_MS = 15_000;

function wordsFor(status: number, detail: string | undefined): string {
  if (status === 404) return "It is not there (any more).";
  if (status === 413) return "That is too long.";
  if (status === 429 || status === 503) return "The server is busy.";
  if (status === 502 || status === 504) return "The server does not answer.";
  if (status >= 500) return "The server has a problem.";
  return detail ? `The server refused it: ${detail}.` : "The server refused it.";
}

async function problemOf(response: Response): Promise<RequestError> {
  const answer: { detail?: string; error?: string } = await response.json().catch(() => ({}));
  return new RequestError(wordsFor(response.status, answer.detail ?? answer.error), response.status);
}

/** fetch() that fails with RequestError, or with AbortError when `signal` says so. */
async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const outer = options.signal;
  const giveUp = () => timeout.abort();
  outer?.addEventListener("abort", giveUp);
  try {
    const response = await fetch(path, { ...options, signal: timeout.signal });
    if (!response.ok) throw await problemOf(response);
    return response;
  } catch (error) {
    if (error instanceof RequestError || outer?.aborted) throw error;
    throw new RequestError("The server cannot be reached.", 0);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", giveUp);
  }
}

async function pageOf(response: Response): Promise<Page> {
  const raws: RawMeow[] = await response.json().catch(() => {
    throw new RequestError("The answer broke off.", 0);
  });
  return {
    meows: raws.map(meowFrom),
    cursor: response.headers.get("Meower-Cursor"),
    isFallback: response.headers.get("Meower-Search") === "fallback",
  };
}

export interface ListOptions {
  take: number;
  filter: Filter;
  maxId?: string; // older than this one
}

export async function fetchMeows({ take, filter, maxId }: ListOptions): Promise<Page> {
  const parameters = new URLSearchParams({ take: String(take) });
  if (maxId) parameters.set("max_id", maxId);
  return pageOf(await request(`/meows?${addLabels(parameters, filter)}`));
}

export async function fetchMeow(id: string): Promise<Meow> {
  const response = await request(`/meows/${encodeURIComponent(id)}`);
  return meowFrom(await response.json());
}

export interface SearchOptions {
  query: string;
  filter: Filter;
  skip: number;
  take: number;
  signal: AbortSignal;
}

export async function searchMeows({ query, filter, skip, take, signal }: SearchOptions): Promise<Page> {
  const parameters = new URLSearchParams({ query, skip: String(skip), take: String(take), highlight: "1" });
  return pageOf(await request(`/search?${addLabels(parameters, filter)}`, { signal }));
}

/** Posts a text. The same key again never stores it twice. Returns the meow's id. */
export async function postMeow(body: string, key: string): Promise<string> {
  const response = await request("/meows", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ body }),
  });
  const answer: { id: string } = await response.json();
  return answer.id;
}

/** The position of the newest change, and how long the server took to say it. */
export async function fetchHead(): Promise<{ cursor: string | null; took_ms: number }> {
  const begun = performance.now();
  const response = await request("/meows?take=1", { method: "HEAD", cache: "no-store" });
  return { cursor: response.headers.get("Meower-Cursor"), took_ms: performance.now() - begun };
}
