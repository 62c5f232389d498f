import createClient, { type Middleware } from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { asProblem, problemOf } from "./problem";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];

/** What a GET of a path answers. */
export type Got<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Answer } } } };
}
  ? Answer
  : never;

const SAFE = new Set(["GET", "HEAD"]);
const WAIT_MS = 30_000;
const SKEW_MS = 30_000;

let csrf = "";
let skewMs = 0;

/** The token that the session names; every request that changes something shows it. */
export function rememberCsrf(token: string): void {
  csrf = token;
}

/** The server's clock, because the viewer's may be wrong; times are told relative to it. */
export function nowMs(): number {
  return Date.now() + skewMs;
}

/** Learns how far the viewer's clock is off; a little is the way of the answer and does not count. */
export function rememberClock(serverNow: string, heardMs: number): void {
  const apart = Date.parse(serverNow) - heardMs;
  skewMs = Math.abs(apart) > SKEW_MS ? apart : 0;
}

const manners: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method) && csrf) request.headers.set("X-Weft-CSRF", csrf);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    return asProblem(error);
  },
};

/** Nothing waits for ever: a server that does not answer is told as such. */
function patient(request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(WAIT_MS)]) });
}

export const client = createClient<paths>({ baseUrl: "/", credentials: "same-origin", fetch: patient });
client.use(manners);

export const api = createQueryClient(client);
