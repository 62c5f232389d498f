import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Find } from "@/ui/filter";
import { Page } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import type { Search } from "@/ui/url";
import { Num, Text } from "@/ui/values";
import { type Language, useLanguage, useWords, type Words } from "@/words";
import { type BuilderWords } from "@/words/en-builder";
import { useBuilderWords } from "@/words/builder";

export type Computed = Schema["ComputedView"];

/** What a trait is, as a sentence in the viewer's language. */
export const saidOf = ({ sentence, description }: Computed, language: Language): string => sentence[language] ?? sentence["en"] ?? description;

/** The facts that a trait reads, in a line. */
export const readsOf = (trait: Computed): string => [...trait.traits, ...trait.reads.map((each) => each.name || each.type)].join(", ");

function columnsOf(all: Words, words: BuilderWords, language: Language): readonly Column<Computed>[] {
  return [
    { id: "name", head: all.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "type", head: all.columns.type, fit: true, by: (row) => row.type, cell: (row) => <span className="w-meta">{row.type ? words.valueTypes[row.type] : words.faulty}</span> },
    { id: "what", head: words.whatItIs, roomy: true, wide: true, text: (row) => saidOf(row, language), cell: (row) => <span className="w-meta"><Text value={saidOf(row, language)} /></span> },
    { id: "reads", head: words.readsFrom, roomy: true, optional: true, text: readsOf, cell: (row) => <span className="w-meta"><Text value={readsOf(row)} /></span> },
    { id: "used", head: words.usedBy, fit: true, align: "right", by: (row) => row.used_by.length, cell: (row) => <Num value={row.used_by.length} /> },
  ];
}

export function Traits() {
  const all = useWords();
  const words = useBuilderWords();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const mayWrite = useMay("write");
  const { name: opened } = useParams({ strict: false });
  const { q = "" } = useSearch({ strict: false }) as Search;
  const query = api.useQuery("get", "/api/traits", {}, { refetchInterval: 10_000 });
  const columns = useMemo(() => columnsOf(all, words, language), [all, words, language]);
  const part = q.toLocaleLowerCase();
  const add = mayWrite && <Button size="compact-sm" component={Link} to={"/traits/new" as never}>{words.newTrait}</Button>;
  return (
    <Page title={all.traits.title} about={words.traitsAbout} acts={add}>
      <Ask query={query} shape={<TableShape rows={10} columns={4} />}>
        {(traits) => traits.length === 0 ? <Empty {...words.noTraits} /> : (
          <>
            <div className="w-chips"><Find label={words.findTrait} type="search" /></div>
            <Table
              name="traits" label={all.traits.title} columns={columns} id={(row) => row.name} height={720} {...(opened ? { selected: opened } : {})}
              rows={traits.filter((each) => `${each.name} ${saidOf(each, language)}`.toLocaleLowerCase().includes(part))}
              open={(row) => void navigate({ to: "/traits/$name", params: { name: row.name }, search: true } as never)}
            />
          </>
        )}
      </Ask>
      <Outlet />
    </Page>
  );
}
