import { Button } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api } from "@/api/client";
import { Chart } from "@/ui/chart";
import { Detail } from "@/ui/drawer";
import { Facts, Figures, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, Text } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { eventsOf, type Known, type Seen, useVolumes } from "./catalogue";

interface Property {
  name: string;
  types: readonly string[];
  example: string;
  count: number;
}

/** One row a property: whatever types it came with. */
function propertiesOf(properties: readonly Known[]): readonly Property[] {
  const found = new Map<string, Property>();
  for (const { property, json_type, example, count } of properties) {
    const before = found.get(property);
    found.set(property, {
      name: property, types: [...(before?.types ?? []), json_type], example: before?.example || example, count: (before?.count ?? 0) + count,
    });
  }
  return [...found.values()];
}

export function CatalogueEvent() {
  const words = useWords();
  const navigate = useNavigate();
  const { type, name: named } = useParams({ from: "/catalogue/events/$type/$name" });
  const name = named === "-" ? "" : named;
  const query = api.useQuery("get", "/api/catalogue", {});
  return (
    <Detail title={name || (words.types[type] ?? type)} close={() => void navigate({ to: "/catalogue", search: true } as never)}>
      <Ask query={query}>
        {(known) => {
          const seen = eventsOf(known).find((each) => each.event.type === type && each.event.name === name);
          return seen ? <Shown seen={seen} /> : <p>{words.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ seen }: { seen: Seen }) {
  const words = useWords();
  const format = useFormat();
  const { type, name, count, first_seen_at, last_seen_at } = seen.event;
  const volumes = useVolumes();
  const counts = volumes.of(seen);
  const properties = propertiesOf(seen.properties);
  const columns: readonly Column<Property>[] = [
    { id: "property", head: words.columns.property, by: (row) => row.name, cell: (row) => <span className="w-mono"><Text value={row.name} /></span> },
    { id: "type", head: words.columns.type, text: (row) => row.types.join(", "), cell: (row) => <Text value={format.list(row.types.map((each) => words.jsonTypes[each] ?? each))} /> },
    { id: "example", head: words.columns.example, text: (row) => row.example, cell: (row) => (row.example ? <Text value={row.example} /> : <span className="w-meta">{words.catalogue.hidden}</span>) },
    { id: "count", head: words.columns.volume, fit: true, align: "right", by: (row) => row.count, cell: (row) => <Num value={row.count} /> },
  ];
  return (
    <>
      <Figures
        figures={[
          { name: words.columns.events, value: <Num value={count} /> },
          { name: words.columns.lastSeen, value: <Ago at={last_seen_at} /> },
          { name: words.columns.firstSeen, value: <Ago at={first_seen_at} /> },
        ]}
      />
      <div className="w-row">
        <Button size="compact-sm" variant="default" component={Link} to={"/audiences/new" as never} search={{ type, ...(name ? { event: name } : {}) } as never}>{words.catalogue.audience}</Button>
      </div>
      {type === "track" && <Planned event={name} />}
      {counts && (
        <Chart
          id="volume" title={words.catalogue.days} unit={words.units.events} shape="bar" grain="day" height={160} at={volumes.days}
          series={[{ name: words.columns.events, colour: "--w-known", values: counts }]}
        />
      )}
      <Section title={words.catalogue.properties} acts={<Link to="/live" search={{ type, ...(name ? { name } : {}) } as never}>{words.catalogue.watch}</Link>}>
        {properties.length === 0 ? (
          <span className="w-meta">{words.catalogue.noProperties}</span>
        ) : (
          <Table name="properties" label={words.catalogue.properties} rows={properties} columns={columns} id={(row) => row.name} height={480} />
        )}
      </Section>
    </>
  );
}

/** The plans that name the event, or the way to write one. */
function Planned({ event }: { event: string }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/plans", {});
  return (
    <Ask query={query} shape={<span />}>
      {(plans) => {
        const found = plans.filter((each) => each.events.includes(event));
        if (found.length === 0)
          return <div><Button size="compact-sm" variant="default" component={Link} to="/plans/$name" params={{ name: "new" } as never} search={{ event } as never}>{words.plans.write}</Button></div>;
        return (
          <Facts
            rows={found.map((plan) => [
              words.catalogue.hasPlan,
              <Link key={plan.name} to="/plans/$name" params={{ name: plan.name }}>{plan.name} · {words.plans.mode}: {words.plans.modes[String(plan.definition["mode"] ?? "observe")]}</Link>,
            ])}
          />
        );
      }}
    </Ask>
  );
}
