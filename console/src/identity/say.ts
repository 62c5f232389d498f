import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, type Schema } from "@/api/client";
import { asProblem } from "@/api/problem";

/** What a steward can do: answer a question, take identifiers out of a person, take something back. */
export type Deed =
  | { do: "decide"; key: string; decision: "merge" | "keep_apart" }
  | { do: "split"; identifiers: readonly string[] }
  | { do: "retract"; number: number };

/** A deed does the same whenever it is told again, so what would come of it is kept under its own words. */
export const wordOf = (deed: Deed): string => JSON.stringify(deed);

/** How long profiles need, at most, to follow what was said. */
const SETTLES_MS = [300, 1_500, 4_000];

/** Does it, or with `check` only tells what would come of it. */
export async function tell(deed: Deed, { check, reason = "" }: { check: boolean; reason?: string }): Promise<Schema["SaidView"]> {
  const said = { check, reason };
  const { data } =
    deed.do === "decide"
      ? await client.POST("/api/identity/questions/{key}", { params: { path: { key: deed.key } }, body: { decision: deed.decision, ...said } })
      : deed.do === "split"
        ? await client.POST("/api/identity/split", { body: { identifiers: [...deed.identifiers], ...said } })
        : await client.POST("/api/identity/retract", { body: { number: deed.number, ...said } });
  if (!data) throw asProblem(new TypeError());
  return data;
}

/** Does a deed. What shows people is read again as soon as it can have followed. */
export function useSay() {
  const queries = useQueryClient();
  return useMutation<Schema["SaidView"], unknown, { deed: Deed; reason?: string }>({
    mutationFn: ({ deed, reason = "" }) => tell(deed, { check: false, reason }),
    onSuccess: () => {
      const fresh = () => void queries.invalidateQueries({ predicate: ({ queryKey }) => PEOPLE.test(String(queryKey[1])) });
      for (const wait of SETTLES_MS) setTimeout(fresh, wait);
    },
  });
}

const PEOPLE = /^\/api\/(profiles|people|identity\/(profiles|edges|questions$))/;
