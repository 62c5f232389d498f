import { Select } from "@mantine/core";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { offered } from "@/ui/offered";
import { Section } from "@/ui/page";
import { useParam } from "@/ui/url";
import { Num, plain, Text } from "@/ui/values";
import { useFormat } from "@/words";
import { useBuilderWords } from "@/words/builder";
import type { Preview } from "./counted";

const BAR_PX = 240;

type Of = Preview["breakdowns"][number];

/** The members by the values of one trait: a bar each, what is left over, and who has none. */
export function Bars({ of }: { of: Of }) {
  const words = useBuilderWords();
  const format = useFormat();
  const most = Math.max(1, of.others, of.missing, ...of.bars.map((each) => each.count));
  const total = of.bars.reduce((sum, each) => sum + each.count, of.others + of.missing);
  const rows = [
    ...of.bars.map((each) => ({ name: told(each, format.exact), count: each.count, quiet: false })),
    ...(of.others > 0 ? [{ name: words.others, count: of.others, quiet: true }] : []),
    ...(of.missing > 0 ? [{ name: words.missing, count: of.missing, quiet: true }] : []),
  ];
  return (
    <table className="w-bars w-breakdown" aria-label={of.trait}>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            <th scope="row" className={row.quiet ? "w-dim" : undefined}><Text value={row.name} /></th>
            <td>
              <svg width={BAR_PX} height="10" aria-hidden="true"><rect width={Math.max(1, (row.count / most) * BAR_PX)} height="10" rx="2" fill={row.quiet ? "var(--w-anonymous)" : "var(--w-known)"} /></svg>
            </td>
            <td className="w-num"><Num value={row.count} /></td>
            <td className="w-num w-dim">{format.share(total ? row.count / total : 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function told({ value, upto }: Of["bars"][number], exact: (value: number) => string): string {
  if (typeof value !== "number") return plain(value);
  return typeof upto === "number" ? `${exact(value)} – ${exact(upto)}` : exact(value);
}

/** The name by which rules and previews call a computed trait. */
export const calledOf = ({ name, readable }: Schema["ComputedView"]) => Object.keys(readable)[0] ?? name;

/** Which trait the members are broken down by; the URL keeps it. */
export function useBreakdown(): { by: string; chooser: React.ReactNode } {
  const words = useBuilderWords();
  const [by, setBy] = useParam("by");
  const traits = api.useQuery("get", "/api/traits", {}, {}).data;
  const catalogue = api.useQuery("get", "/api/catalogue", {}, { refetchOnWindowFocus: false }).data;
  const names = useMemo(() => {
    const told = (catalogue ?? []).filter((each) => each.type === "identify" && each.property).map((each) => each.property);
    const computed = (traits ?? []).map(calledOf);
    return [...new Set([...computed, ...told])].sort();
  }, [traits, catalogue]);
  return {
    by,
    chooser: <Select renderOption={offered} size="xs" w={200} searchable clearable aria-label={words.breakdown} placeholder={words.chooseTrait} data={names} value={by || null} onChange={(name) => setBy(name ?? "")} />,
  };
}

export function Breakdown({ preview, chooser, by }: { preview: Preview; chooser: React.ReactNode; by: string }) {
  const words = useBuilderWords();
  const found = preview.breakdowns.find((each) => each.trait === by);
  return (
    <Section title={words.breakdown} acts={chooser}>
      {found ? <Bars of={found} /> : <span className="w-meta">{by ? "…" : words.chooseTraitHint}</span>}
    </Section>
  );
}
