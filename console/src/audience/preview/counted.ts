import { keepPreviousData } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";

type Asked = Partial<Schema["PreviewRequest"]>;

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

/** What a rule comes to, a moment after the last edit; a newer question ends an older one. null: nothing is asked. */
export function usePreview(asked: Asked | null): Counted {
  const [session] = useState(() => `console-${Math.random().toString(36).slice(2)}`);
  const text = useMemo(() => JSON.stringify(asked), [asked]);
  const [settled] = useDebouncedValue(text, WAIT_MS);
  const question = useMemo(() => JSON.parse(settled) as Asked | null, [settled]);
  const query = api.useQuery(
    "post", "/api/audiences/preview",
    { body: { sample: 8, overlaps: true, reach: true, wait_seconds: 1, ...question, session } },
    {
      enabled: question !== null, placeholderData: keepPreviousData, staleTime: 5_000, refetchOnWindowFocus: false,
      retry: (count, error) => count < 5 && asProblem(error).code === REPLACED,
      retryDelay: AGAIN_MS,
      refetchInterval: (held) => (held.state.data?.state === "counting" ? AGAIN_MS : false),
    },
  );
  const waiting = text !== settled;
  const problem = query.error === null || question === null ? null : asProblem(query.error);
  return {
    preview: asked === null ? undefined : (query.data as Preview | undefined),
    stale: waiting || query.isPlaceholderData || problem !== null,
    problem: problem?.code === REPLACED || waiting ? null : problem,
  };
}
