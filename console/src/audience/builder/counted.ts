import { keepPreviousData } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import type { Body, Group } from "./rule";
import { written } from "./rule";

const WAIT_MS = 250;
const AGAIN_MS = 400;
const REPLACED = "replaced";

/** All of it comes with every answer; what has a default is optional only to the client's types. */
export type Preview = Required<Schema["PreviewView"]>;

export interface Counted {
  preview: Preview | undefined;
  /** What is told is about a rule before the last edit. */
  stale: boolean;
  problem: Problem | null;
}

/** What a rule comes to, a moment after the last edit; a newer question ends an older one. */
export function usePreview(who: Body | null, name: string, traits: readonly string[] = []): Counted {
  const [session] = useState(() => `builder-${Math.random().toString(36).slice(2)}`);
  const asked = useMemo(() => JSON.stringify(who), [who]);
  const [settled] = useDebouncedValue(asked, WAIT_MS);
  const rule = useMemo(() => JSON.parse(settled) as Body | null, [settled]);
  const about = name ? { audience: { name, who: rule } } : { who: rule };
  const query = api.useQuery(
    "post", "/api/audiences/preview",
    { body: { ...about, session, traits: [...traits], sample: 8, overlaps: true, reach: true, wait_seconds: 1 } },
    {
      enabled: rule !== null, placeholderData: keepPreviousData, staleTime: 5_000, refetchOnWindowFocus: false,
      retry: (count, error) => count < 5 && asProblem(error).code === REPLACED,
      retryDelay: AGAIN_MS,
      refetchInterval: (held) => (held.state.data?.state === "counting" ? AGAIN_MS : false),
    },
  );
  const problem = query.error === null || rule === null ? null : asProblem(query.error);
  return {
    preview: who === null ? undefined : (query.data as Preview | undefined),
    stale: asked !== settled || query.isPlaceholderData || problem !== null,
    problem: problem?.code === REPLACED || asked !== settled ? null : problem,
  };
}

/** Node → how many it holds for. */
export function sizesOf(root: Group, preview: Preview | undefined): ReadonlyMap<string, number> {
  const at = new Map((preview?.clauses ?? []).map((each) => [each.at, each.size]));
  return new Map([...written(root).paths].flatMap(([id, path]) => (at.has(path) ? [[id, at.get(path) ?? 0] as const] : [])));
}

const PLACE = /\bwho(?:\.[a-z_]+(?:\[\d+\])?|\[\d+\])*/;

/** Faults as the API tells them, at the row they are about; under "" those that belong to none. */
export function faultsOf(root: Group, problem: Problem | null): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  if (!problem || problem.status !== 400) return found;
  const places = [...written(root).paths].sort(([, one], [, other]) => other.length - one.length);
  const lines = problem.faults.length > 0 ? problem.faults : [problem.detail];
  for (const line of lines) {
    const place = PLACE.exec(line)?.[0] ?? "";
    const inside = (path: string) => place === path || place.startsWith(`${path}.`) || place.startsWith(`${path}[`);
    const id = place ? (places.find(([, path]) => inside(path))?.[0] ?? "") : "";
    const said = place ? line.slice(line.indexOf(place) + place.length).replace(/^:\s*/, "") : line;
    const key = place.split(".").at(-1)?.replace(/\[\d+\]$/, "") ?? "";
    found.set(id, [...(found.get(id) ?? []), id && places.every(([, path]) => path !== place) ? `${key}: ${said}` : said]);
  }
  return found;
}
