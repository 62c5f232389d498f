import { NumberInput, RangeSlider } from "@mantine/core";
import { api } from "@/api/client";
import { Key } from "@/ui/page";
import { useFormat, useWords } from "@/words";
import type { Draft } from "./rules-draft";

interface Props {
  draft: Draft;
  set: (draft: Draft) => void;
  faultAt: (at: string) => string | undefined;
}

const STEPS = 20;
const HEIGHT = 72;
const ZONES = { merge: "var(--w-entered)", review: "var(--w-quarantined)", ignore: "var(--w-anonymous)" } as const;

/** From which confidence links merge, and from which a steward is asked, over the links that there are. */
export function Thresholds({ draft, set, faultAt }: Props) {
  const words = useWords();
  const [merge, review] = [draft.threshold("merge"), draft.threshold("review")];
  const change = (key: "merge" | "review") => (value: number | string) => set(draft.withThreshold(key, value === "" ? undefined : value));
  return (
    <div className="w-thresholds">
      <div className="over">
        <Histogram merge={merge} review={review} />
        <RangeSlider
          min={0} max={1} step={0.01} minRange={0} value={[Math.min(review, merge), merge]} label={(value) => value.toFixed(2)}
          thumbFromLabel={words.idRules.review} thumbToLabel={words.idRules.merge} thumbSize={14} size={3}
          onChange={([low, high]) => set(draft.withThreshold("review", low).withThreshold("merge", high))}
        />
      </div>
      <div className="w-row">
        <NumberInput
          size="xs" w={150} label={words.idRules.merge} step={0.01} decimalScale={4} value={merge}
          error={faultAt("merge")} onChange={change("merge")}
        />
        <NumberInput
          size="xs" w={150} label={words.idRules.review} step={0.01} decimalScale={4} value={review}
          error={faultAt("review")} onChange={change("review")}
        />
      </div>
    </div>
  );
}

/** The links by their confidence as it is now, coloured by what would become of them. */
function Histogram({ merge, review }: { merge: number; review: number }) {
  const words = useWords();
  const format = useFormat();
  const query = api.useQuery("get", "/api/identity/quality", {}, { refetchOnWindowFocus: false });
  const bins = Array<number>(STEPS).fill(0);
  for (const each of query.data?.confidence ?? []) {
    const at = Math.min(STEPS - 1, Math.round(each.confidence * STEPS));
    bins[at] = (bins[at] ?? 0) + each.links;
  }
  const zoneOf = (at: number) => (at / STEPS >= merge - 1e-9 ? "merge" : (at + 1) / STEPS > review + 1e-9 ? "review" : "ignore");
  const most = Math.log10(1 + Math.max(1, ...bins));
  const total = (zone: keyof typeof ZONES) => bins.reduce((sum, links, at) => (zoneOf(at) === zone ? sum + links : sum), 0);
  return (
    <>
      <div className="w-row w-meta">
        {(Object.keys(ZONES) as (keyof typeof ZONES)[]).map((zone) => (
          <span key={zone}><Key colour={ZONES[zone]} /> {words.idRules.zones[zone]} <span className="w-num">{format.exact(total(zone))}</span></span>
        ))}
        <span>{words.idRules.linksNow}</span>
      </div>
      <svg width="100%" height={HEIGHT} viewBox={`0 0 ${STEPS * 10} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words.quality.sure}>
        {bins.map((links, at) => {
          const height = links === 0 ? 0 : Math.max(2, (Math.log10(1 + links) / most) * (HEIGHT - 4));
          return <rect key={at} x={at * 10 + 0.5} width={9} y={HEIGHT - height} height={height} fill={ZONES[zoneOf(at)]}><title>{`${format.share(at / STEPS)} – ${format.share((at + 1) / STEPS)}: ${format.exact(links)}`}</title></rect>;
        })}
      </svg>
    </>
  );
}
