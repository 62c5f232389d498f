import type { Schema } from "@/api/client";
import { State, type Tone } from "@/ui/values";
import { useFormat, useWords } from "@/words";

const TONES: Record<string, Tone> = { delivered: "good", dead: "bad", denied: "warn", in_doubt: "warn", retry: "warn" };

/** How the state of a delivery looks. */
export const toneOf = (state: string): Tone => TONES[state] ?? "idle";

/** What an error of a destination means; a word that is not known is shown as it is. */
export function useErrors(): (error: string, status?: number) => string {
  const words = useWords();
  return (error, status = 0) => [error && (words.destinations.errors[error] ?? error), status ? `HTTP ${status}` : ""].filter(Boolean).join(" · ");
}

type Received = Pick<Schema["AttemptView"], "outcome" | "status" | "error" | "latency_ms">;

/** The end of one attempt, as the receiver told it. */
export function Receipt({ of }: { of: Received }) {
  const words = useWords();
  const format = useFormat();
  const told = useErrors();
  const tones = { accepted: "delivered", refused: "dead", failed: "dead", unknown: "in_doubt" } as Record<string, string>;
  return (
    <>
      <State tone={toneOf(tones[of.outcome] ?? "")}>{words.destinations.outcomes[of.outcome] ?? of.outcome}</State>{" "}
      <span className="w-meta">{[told(of.error, of.status), `${format.exact(Math.round(of.latency_ms))} ms`].filter(Boolean).join(" · ")}</span>
    </>
  );
}
