/** A failed request, as problem+json tells it; also what never reached the server (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string,
    readonly faults: readonly string[] = [],
  ) {
    super(detail || code);
    this.name = "Problem";
  }

  /** Trying again may help: nothing is wrong with what was asked. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export async function problemOf(response: Response): Promise<Problem> {
  const header = response.headers.get("request-id") ?? "";
  try {
    const body = (await response.clone().json()) as Record<string, unknown>;
    const faults = Array.isArray(body["errors"]) ? body["errors"].map(text).filter(Boolean) : [];
    return new Problem(response.status, text(body["code"]), text(body["detail"]), text(body["request_id"]) || header, faults);
  } catch {
    return new Problem(response.status, "unreadable", "", header);
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError || (error instanceof DOMException && error.name !== "AbortError"))
    return new Problem(0, "unreachable", "", "");
  return new Problem(0, "console", error instanceof Error ? error.message : String(error), "");
}
