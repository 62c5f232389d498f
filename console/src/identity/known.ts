import type { Schema } from "@/api/client";
import { rankOf } from "@/profile/name";

export type Link = Schema["LinkView"];
export type Tier = "records" | "names" | "devices" | "others";

/** An identifier of the person, or of somebody else at the far end of a link. */
export interface Node {
  key: string;
  namespace: string;
  value: string;
  tier: Tier;
  /** Another person's profile; empty for one of this person's own. */
  other: string;
  events: number;
  /** When it was first known, RFC 3339; empty if that is not known. */
  first: string;
}

export const TIERS: readonly Tier[] = ["records", "names", "devices", "others"];
export const keyOf = ({ namespace, value }: { namespace: string; value: string }) => `${namespace}:${value}`;

const NAMES = 3;

function tierOf(namespace: string): Tier {
  const rank = rankOf(namespace);
  return rank < NAMES ? "names" : rank === NAMES ? "records" : "devices";
}

/** All ends of the links and all identifiers of the person, each in its column, the oldest first. */
export function nodesOf(profile: Schema["ProfileView"], links: readonly Link[]): readonly Node[] {
  const found = new Map<string, Node>();
  for (const each of profile.identifiers)
    found.set(keyOf(each), { ...each, key: keyOf(each), tier: tierOf(each.namespace), other: "", first: each.first_seen_at ?? "" });
  for (const link of links) {
    for (const [end, owner] of [[link.left, link.left_profile_id], [link.right, link.right_profile_id]] as const) {
      const key = keyOf(end);
      const node = found.get(key);
      const first = firstOf(link);
      if (node === undefined)
        found.set(key, { ...end, key, tier: owner === profile.id ? tierOf(end.namespace) : "others", other: owner === profile.id ? "" : owner, events: 0, first });
      else if (node.first === "" || Date.parse(first) < Date.parse(node.first)) found.set(key, { ...node, first });
    }
  }
  return [...found.values()].sort((a, b) => rankOf(a.namespace) - rankOf(b.namespace) || a.namespace.localeCompare(b.namespace) || a.first.localeCompare(b.first) || a.value.localeCompare(b.value));
}

export const firstOf = (link: Link): string => link.history[0]?.observed_at ?? "";

/** Every moment at which something became known, the oldest first. */
export function momentsOf(nodes: readonly Node[], links: readonly Link[]): readonly number[] {
  const all = [...nodes.map((each) => each.first), ...links.flatMap((link) => link.history.map((each) => each.observed_at))];
  return [...new Set(all.map((each) => Date.parse(each)).filter((each) => !Number.isNaN(each)))].sort((a, b) => a - b);
}

/** The evidence that counted last at a moment: what was taken back by then did not. */
function lastAt(link: Link, moment: number): Link["history"][number] | undefined {
  const seen = link.history.filter((each) => Date.parse(each.observed_at) <= moment);
  const gone = new Set(seen.map((each) => each.retracts).filter((each) => each !== null));
  return seen.filter((each) => each.retracts === null && !(each.number > 0 && gone.has(each.number))).at(-1);
}

/** The confidence of a link as it was at a moment; null before it was known. Null for a moment: now. */
export function confidenceAt(link: Link, moment: number | null): number | null {
  return moment === null ? link.confidence : (lastAt(link, moment)?.confidence ?? null);
}

export const knownAt = (node: Node, moment: number | null): boolean => moment === null || node.first === "" || Date.parse(node.first) <= moment;

export type Standing = "ties" | "weak" | "unsure" | "limit" | "apart" | "generic";

interface Known {
  merge: number;
  review: number;
  /** Keys of the values that tie nobody together. */
  generic: ReadonlyMap<string, number>;
}

/** What a link comes to, now or (`moment`) by the evidence that there was then. */
export function standingOf(link: Link, { merge, review, generic }: Known, moment: number | null): Standing {
  if (moment === null && (link.refused === "limit" || link.refused === "apart")) return link.refused;
  if (moment === null && (generic.has(keyOf(link.left)) || generic.has(keyOf(link.right)))) return "generic";
  if (moment !== null && lastAt(link, moment)?.kind === "apart") return "apart";
  const share = confidenceAt(link, moment) ?? 0;
  return share >= merge ? "ties" : share >= review ? "unsure" : "weak";
}
