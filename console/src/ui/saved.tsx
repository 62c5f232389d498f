import type { Schema } from "@/api/client";
import { useWords } from "@/words";
import { State } from "./values";

/** Where a definition was written, and what could not be kept. */
export function Saved({ of }: { of: Schema["SavedView"] }) {
  const words = useWords();
  return (
    <span role="status">
      <State tone="good">{words.plans.saved}</State> <span className="w-mono">{of.path}</span>
      {of.comments_lost.length > 0 && <p className="w-note">{words.plans.commentsLost(of.comments_lost.join(" · "))}</p>}
    </span>
  );
}
