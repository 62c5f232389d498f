import { TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Ago, Num, plain, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";
import { OneTrait } from "./trait";

type Trait = Schema["TraitView"];

const MANY_TRAITS = 12;

function columnsOf(words: Words): readonly Column<Trait>[] {
  return [
    { id: "name", head: words.columns.name, by: (row) => row.name, cell: (row) => <span className="w-meta"><Text value={row.name} /></span> },
    {
      id: "value", head: words.columns.value, text: (row) => plain(row.value),
      cell: (row) => (
        <>
          <Text value={row.value} />
          {row.others.length > 0 && <span className="w-meta" title={words.person.othersCount(row.others.length)}> +{row.others.length}</span>}
        </>
      ),
    },
    { id: "origin", head: words.columns.origin, text: (row) => row.source || row.kind, cell: (row) => <span className="w-meta">{row.kind === "computed" ? words.person.fromComputed : <Text value={row.source || words.person.fromIdentify} />}</span> },
    { id: "at", head: words.columns.time, fit: true, roomy: true, by: (row) => row.at, cell: (row) => <span className="w-meta"><Ago at={row.at} /></span> },
  ];
}

/** What is known, each with where it came from; one opens with what was said otherwise. */
export function Traits({ name }: { name: string }) {
  const words = useWords();
  const [find, setFind] = useState("");
  const [open, setOpen] = useParam("trait");
  const query = api.useQuery("get", "/api/profiles/{name}/traits", { params: { path: { name } } });
  const columns = useMemo(() => columnsOf(words), [words]);
  const part = find.toLocaleLowerCase();
  const opened = query.data?.find((each) => each.name === open);
  return (
    <Section
      title={words.person.traits}
      meta={query.data && <Num value={query.data.length} />}
      acts={(query.data?.length ?? 0) > MANY_TRAITS && (
        <TextInput size="xs" aria-label={words.person.findTrait} placeholder={words.person.findTrait} value={find} onChange={(event) => setFind(event.currentTarget.value)} />
      )}
    >
      <Ask query={query} shape={<TableShape rows={6} columns={3} />}>
        {(traits) => {
          if (traits.length === 0) return <span className="w-meta">{words.person.noTraits}</span>;
          const rows = traits.filter((each) => `${each.name} ${plain(each.value)}`.toLocaleLowerCase().includes(part));
          if (rows.length === 0) return <span className="w-meta">{words.person.noTrait}</span>;
          return (
            <Table
              name="traits" label={words.person.traits} columns={columns} id={(row) => row.name} height={480} rows={rows} selected={open}
              open={(row) => setOpen(row.name, false)}
            />
          );
        }}
      </Ask>
      {opened && <OneTrait person={name} of={opened} close={() => setOpen("", false)} />}
    </Section>
  );
}
