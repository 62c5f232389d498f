import type { Schema } from "@/api/client";

export type Clause = Schema["ClauseView"];

/** A clause with those inside of it. decides: the answer of the whole, which `whole` is, rests on it. */
export interface Branch {
  clause: Clause;
  inner: readonly Branch[];
  decides: boolean;
  whole: boolean;
}

interface Growing {
  clause: Clause;
  inner: Growing[];
}

/** The clauses as they are nested, from the list in which they are written. */
export function treeOf(clauses: readonly Clause[]): Branch | null {
  const open: Growing[] = [];
  for (const clause of clauses) {
    const made: Growing = { clause, inner: [] };
    open.length = Math.min(clause.depth, open.length);
    open.at(-1)?.inner.push(made);
    open.push(made);
  }
  return open[0] ? judged(open[0], true, open[0].clause.holds) : null;
}

/** Marks what decides: each clause of a group that fits its answer, such as the one that fails of those that all must hold. */
function judged({ clause, inner }: Growing, decides: boolean, whole: boolean): Branch {
  const alike = (each: Growing) => (clause.kind === "all" || clause.kind === "any" ? each.clause.holds === clause.holds : true);
  return { clause, decides, whole, inner: inner.map((each) => judged(each, decides && alike(each), whole)) };
}
