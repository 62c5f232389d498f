import { Button } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api } from "@/api/client";
import { Detail } from "@/ui/drawer";
import { Figures, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, Text } from "@/ui/values";
import { useWords } from "@/words";
import { eventsOf, type Known } from "./catalogue";

export function CatalogueEvent() {
  const words = useWords();
  const navigate = useNavigate();
  const { type, name: named } = useParams({ from: "/catalogue/events/$type/$name" });
  const name = named === "-" ? "" : named;
  const query = api.useQuery("get", "/api/catalogue", {});
  const columns: readonly Column<Known>[] = [
    { id: "property", head: words.columns.property, by: (row) => row.property, cell: (row) => <Text value={row.property} /> },
    { id: "type", head: words.columns.type, fit: true, cell: (row) => <span className="w-mono">{row.json_type}</span> },
    { id: "example", head: words.columns.example, cell: (row) => (row.example ? <Text value={row.example} /> : <span className="w-meta">{words.catalogue.hidden}</span>) },
    { id: "count", head: words.columns.volume, fit: true, align: "right", by: (row) => row.count, cell: (row) => <Num value={row.count} /> },
  ];
  return (
    <Detail title={name || (words.types[type] ?? type)} close={() => void navigate({ to: "/catalogue", search: true } as never)}>
      <Ask query={query}>
        {(known) => {
          const seen = eventsOf(known).find((each) => each.event.type === type && each.event.name === name);
          if (!seen) return <p>{words.lost.what}</p>;
          return (
            <>
              <Figures
                figures={[
                  { name: words.columns.events, value: <Num value={seen.event.count} /> },
                  { name: words.columns.lastSeen, value: <Ago at={seen.event.last_seen_at} /> },
                  { name: words.columns.firstSeen, value: <Ago at={seen.event.first_seen_at} /> },
                ]}
              />
              {type === "track" && (
                <div><Button size="compact-sm" variant="default" component={Link} to="/plans/$name" params={{ name: "new" } as never} search={{ event: name } as never}>{words.plans.write}</Button></div>
              )}
              <Section title={words.catalogue.properties}>
                {seen.properties.length === 0 ? (
                  <span className="w-meta">{words.catalogue.noProperties}</span>
                ) : (
                  <Table label={words.catalogue.properties} rows={seen.properties} columns={columns} id={(row) => `${row.property}:${row.json_type}`} height={480} />
                )}
              </Section>
            </>
          );
        }}
      </Ask>
    </Detail>
  );
}
