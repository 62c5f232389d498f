import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, State, Text, type Tone } from "@/ui/values";
import { type Words, useWords } from "@/words";

export type Destination = Schema["DestinationView"];

export const DESTINATIONS = ["get", "/api/destinations"];

/** After a change the engine starts again with it; until then the list is looked at often. */
export const LOOK_MS = 2_000;

const LANES: Record<string, Tone> = { closed: "good", open: "bad", half_open: "warn" };

function laneOf(words: Words, of: Destination): [Tone, string] {
  if (!of.enabled) return ["idle", words.destinations.disabled];
  const breaker = String(of.lane["breaker"] ?? "");
  const told: Record<string, string> = { closed: words.destinations.closed, open: words.destinations.open, half_open: words.destinations.trying };
  return [LANES[breaker] ?? "idle", told[breaker] ?? words.destinations.idle];
}

/** How the lane of a destination is; without one nothing is sent. */
export function Lane({ of }: { of: Destination }) {
  const words = useWords();
  const [tone, told] = laneOf(words, of);
  return <State tone={tone}>{told}</State>;
}

const WAITING = ["pending", "leased", "retry"];

function columnsOf(words: Words): readonly Column<Destination>[] {
  const waiting = (row: Destination) => WAITING.reduce((sum, state) => sum + (row.items[state] ?? 0), 0);
  const counted = (state: string, head: string, roomy = false): Column<Destination> => ({
    id: state, head, fit: true, roomy, align: "right", by: (row) => row.items[state] ?? 0, cell: (row) => <Num value={row.items[state] ?? 0} />,
  });
  return [
    { id: "name", head: words.columns.destination, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "kind", head: words.columns.kind, fit: true, by: (row) => String(row.definition["type"] ?? ""), cell: (row) => <span className="w-meta">{String(row.definition["type"] ?? "")}</span> },
    { id: "purpose", head: words.destinations.fields["purpose"]?.label ?? "", fit: true, roomy: true, text: (row) => String(row.definition["purpose"] ?? ""), cell: (row) => <Text value={row.definition["purpose"]} /> },
    { id: "state", head: words.columns.status, fit: true, by: (row) => laneOf(words, row)[1], cell: (row) => <Lane of={row} /> },
    counted("delivered", words.deliveryStates["delivered"] ?? ""),
    { id: "waiting", head: words.deliveryStates["pending"] ?? "", fit: true, roomy: true, align: "right", by: waiting, cell: (row) => <Num value={waiting(row)} /> },
    counted("dead", words.destinations.dead),
    counted("in_doubt", words.deliveryStates["in_doubt"] ?? "", true),
  ];
}

export function Destinations() {
  const words = useWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const { name } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/destinations", {}, { refetchInterval: LOOK_MS });
  const columns = useMemo(() => columnsOf(words), [words]);
  const add = may && <Button size="compact-sm" component={Link} to="/destinations/new">{words.destinations.add}</Button>;
  return (
    <Page title={words.destinations.title} about={words.destinations.about} acts={add}>
      <Ask query={query}>
        {(destinations) =>
          destinations.length === 0 ? (
            <Empty {...words.destinations.none} act={add} />
          ) : (
            <Table
              name="destinations" label={words.destinations.title} rows={destinations} columns={columns} id={(row) => row.name} selected={name ?? ""}
              open={(row) => void navigate({ to: "/destinations/$name", params: { name: row.name } })}
            />
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}
