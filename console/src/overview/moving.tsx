import { Link, useNavigate } from "@tanstack/react-router";
import { type Schema } from "@/api/client";
import { COLOURS, paint } from "@/ui/colours";
import { Key, Section } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, State, Text } from "@/ui/values";
import { type Words, useWords } from "@/words";

type Data = Schema["Overview"];
type Movement = Data["movements"][number];

const moved = (row: Movement) => row.entered + row.exited;

function movementColumns(words: Words): readonly Column<Movement>[] {
  return [
    { id: "audience", head: words.columns.audience, by: (row) => row.audience, cell: (row) => <Text value={row.audience} /> },
    { id: "entered", head: words.columns.entered, fit: true, align: "right", by: (row) => row.entered, cell: (row) => <><Key colour={paint(COLOURS.entered)} /><Num value={row.entered} /></> },
    { id: "exited", head: words.columns.exited, fit: true, align: "right", by: (row) => row.exited, cell: (row) => <><Key colour={paint(COLOURS.exited)} /><Num value={row.exited} /></> },
    { id: "members", head: words.columns.size, fit: true, align: "right", by: (row) => row.members, cell: (row) => <Num value={row.members} /> },
  ];
}

/** Audiences, those in which most happened first. */
export function Movements({ movements }: { movements: readonly Movement[] }) {
  const words = useWords();
  const navigate = useNavigate();
  const most = [...movements].sort((a, b) => moved(b) - moved(a));
  return (
    <Section title={words.overview.movements} meta={words.overview.movementsMeta}>
      {most.length === 0 ? (
        <Empty {...words.overview.noAudiences} />
      ) : (
        <Table
          name="movements" label={words.overview.movements} rows={most} columns={movementColumns(words)} id={(row) => row.audience} height={400}
          open={(row) => void navigate({ to: "/audiences/$name", params: { name: row.audience } })}
        />
      )}
    </Section>
  );
}

const WAITING = ["pending", "leased", "retry"];

interface Sent {
  name: string;
  delivered: number;
  waiting: number;
  held: number;
  dead: number;
}

function sentOf(deliveries: NonNullable<Data["deliveries"]>): readonly Sent[] {
  return Object.entries(deliveries).map(([name, states]) => ({
    name,
    delivered: states["delivered"] ?? 0,
    waiting: WAITING.reduce((sum, state) => sum + (states[state] ?? 0), 0),
    held: states["denied"] ?? 0,
    dead: states["dead"] ?? 0,
  }));
}

function sentColumns(words: Words): readonly Column<Sent>[] {
  return [
    { id: "name", head: words.columns.destination, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "delivered", head: words.overview.delivered, fit: true, align: "right", by: (row) => row.delivered, cell: (row) => <Num value={row.delivered} /> },
    { id: "waiting", head: words.overview.waits, fit: true, align: "right", by: (row) => row.waiting, cell: (row) => <Num value={row.waiting} /> },
    { id: "held", head: words.overview.held, fit: true, align: "right", by: (row) => row.held, cell: (row) => <Num value={row.held} /> },
    {
      id: "dead", head: words.destinations.dead, fit: true, align: "right", by: (row) => row.dead,
      cell: (row) => (row.dead > 0 ? <State tone="bad"><Num value={row.dead} /></State> : <Num value={0} />),
    },
  ];
}

export function Deliveries({ deliveries }: { deliveries: Data["deliveries"] }) {
  const words = useWords();
  const navigate = useNavigate();
  return (
    <Section title={words.overview.deliveries}>
      {deliveries === null ? (
        <TableShape rows={3} />
      ) : Object.keys(deliveries).length === 0 ? (
        <Empty {...words.overview.noDestinations} act={<Link to="/destinations">{words.destinations.title}</Link>} />
      ) : (
        <Table
          name="deliveries" label={words.overview.deliveries} rows={sentOf(deliveries)} columns={sentColumns(words)} id={(row) => row.name}
          open={(row) => void navigate({ to: "/destinations/$name", params: { name: row.name } })}
        />
      )}
    </Section>
  );
}
