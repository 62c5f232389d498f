import type { Problem } from "@/api/problem";
import type { Preview } from "../preview/counted";
import { type Group, written } from "./rule";

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
