import { useMemo } from "react";
import { Failed } from "@/ui/states";
import { useBuilderWords } from "@/words/builder";
import { Breakdown, useBreakdown } from "./preview/breakdown";
import { usePreview } from "./preview/counted";
import { Overlaps } from "./preview/overlap";
import { Reach } from "./preview/panel";

/** What the members have in common: values of a trait, other audiences, channels. */
export default function Standing({ name }: { name: string }) {
  const words = useBuilderWords();
  const { by, chooser } = useBreakdown();
  const { preview, problem, stale } = usePreview(useMemo(() => ({ name, sample: 0, traits: by ? [by] : [] }), [name, by]));
  if (problem !== null) return <Failed error={problem} />;
  if (preview?.state !== "counted") return <span className="w-meta" role="status">{words.beingCounted}</span>;
  return (
    <div className={stale ? "w-cols stale" : "w-cols"} aria-busy={stale}>
      <Breakdown preview={preview} by={by} chooser={chooser} />
      <div className="w-counted">
        <Reach preview={preview} />
        <Overlaps preview={preview} />
      </div>
    </div>
  );
}
