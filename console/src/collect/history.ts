import { useReducer } from "react";

const KEPT = 100;

interface Held<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
}

type Step<T> = { kind: "set"; value: T } | { kind: "undo" } | { kind: "redo" };

function stepped<T>(held: Held<T>, step: Step<T>): Held<T> {
  if (step.kind === "set") return { past: [...held.past, held.now].slice(-KEPT), now: step.value, future: [] };
  if (step.kind === "undo") {
    const before = held.past.at(-1);
    return before === undefined ? held : { past: held.past.slice(0, -1), now: before, future: [held.now, ...held.future] };
  }
  const [after, ...rest] = held.future;
  return after === undefined ? held : { past: [...held.past, held.now], now: after, future: rest };
}

/** A value that is edited, with a way back and forth. */
export function useHistory<T extends object>(first: () => T) {
  const [held, dispatch] = useReducer(stepped<T>, null, () => ({ past: [], now: first(), future: [] }));
  return {
    now: held.now,
    set: (value: T) => dispatch({ kind: "set", value }),
    undo: held.past.length > 0 ? () => dispatch({ kind: "undo" }) : undefined,
    redo: held.future.length > 0 ? () => dispatch({ kind: "redo" }) : undefined,
  };
}
