import type { Page } from "@/ui/csv";

/** The most rows that the API gives at once. */
export const PAGE_MOST = 1_000;

/** Walks a list of the API, page by page. `ask` fetches the page behind a cursor; null is the beginning. */
export function pages<T>(ask: (after: string | null) => Promise<{ rows: readonly T[]; next: string | null }>): () => Promise<Page<T>> {
  const page = async (after: string | null): Promise<Page<T>> => {
    const { rows, next } = await ask(after);
    return { rows, next: next === null ? null : () => page(next) };
  };
  return () => page(null);
}
