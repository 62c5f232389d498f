import { useReducer } from "react";

const KEPT = 100;

interface Held<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
  /** What the last step was about; a step about the same is one with it. */
  about: string;
}

type Step<T> = { kind: "set"; value: T; about: string } | { kind: "undo" } | { kind: "redo" };

function stepped<T>(held: Held<T>, step: Step<T>): Held<T> {
  if (step.kind === "set") {
    const same = step.about !== "" && step.about === held.about && held.past.length > 0;
    return { past: same ? held.past : [...held.past, held.now].slice(-KEPT), now: step.value, future: [], about: step.about };
  }
  if (step.kind === "undo") {
    const before = held.past.at(-1);
    return before === undefined ? held : { past: held.past.slice(0, -1), now: before, future: [held.now, ...held.future], about: "" };
  }
  const [after, ...rest] = held.future;
  return after === undefined ? held : { past: [...held.past, held.now], now: after, future: rest, about: "" };
}

/** A value that is edited, with a way back and forth. `about` makes one step of what is typed into one field. */
export function useHistory<T extends object>(first: () => T) {
  const [held, dispatch] = useReducer(stepped<T>, null, () => ({ past: [], now: first(), future: [], about: "" }));
  return {
    now: held.now,
    set: (value: T, about = "") => dispatch({ kind: "set", value, about }),
    undo: held.past.length > 0 ? () => dispatch({ kind: "undo" }) : undefined,
    redo: held.future.length > 0 ? () => dispatch({ kind: "redo" }) : undefined,
  };
}
