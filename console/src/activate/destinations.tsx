import { Button } from "@mantine/core";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, State, Text, type Tone } from "@/ui/values";
import { type Words, useWords } from "@/words";

export type Destination = Schema["DestinationView"];

export const DESTINATIONS = ["get", "/api/destinations"];

const LANES: Record<string, Tone> = { closed: "good", open: "bad", half_open: "warn" };

/** How the lane of a destination is; without one nothing is sent. */
export function Lane({ of }: { of: Destination }) {
  const words = useWords();
  const breaker = String(of.lane["breaker"] ?? "");
  const told: Record<string, string> = { closed: words.destinations.closed, open: words.destinations.open, half_open: words.destinations.trying };
  return <State tone={LANES[breaker] ?? "idle"}>{told[breaker] ?? words.destinations.idle}</State>;
}

const WAITING = ["pending", "leased", "retry"];

function columnsOf(words: Words): readonly Column<Destination>[] {
  const waiting = (row: Destination) => WAITING.reduce((sum, state) => sum + (row.items[state] ?? 0), 0);
  return [
    { id: "name", head: words.columns.destination, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "kind", head: words.columns.kind, fit: true, cell: (row) => <span className="w-meta">{String(row.definition["type"] ?? "")}</span> },
    { id: "state", head: words.columns.status, fit: true, cell: (row) => <Lane of={row} /> },
    { id: "delivered", head: words.deliveryStates["delivered"] ?? "", fit: true, align: "right", by: (row) => row.items["delivered"] ?? 0, cell: (row) => <Num value={row.items["delivered"] ?? 0} /> },
    { id: "waiting", head: words.deliveryStates["pending"] ?? "", fit: true, roomy: true, align: "right", by: waiting, cell: (row) => <Num value={waiting(row)} /> },
    { id: "dead", head: words.destinations.dead, fit: true, align: "right", by: (row) => row.items["dead"] ?? 0, cell: (row) => <Num value={row.items["dead"] ?? 0} /> },
  ];
}

export function Destinations() {
  const words = useWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const { name } = useParams({ strict: false });
  const query = api.useQuery("get", "/api/destinations", {}, { refetchInterval: 5_000 });
  const add = may && <Button size="compact-sm" component={Link} to="/destinations/new">{words.destinations.add}</Button>;
  return (
    <Page title={words.destinations.title} about={words.destinations.about} acts={add}>
      <Ask query={query}>
        {(destinations) =>
          destinations.length === 0 ? (
            <Empty {...words.destinations.none} />
          ) : (
            <Table
              label={words.destinations.title} rows={destinations} columns={columnsOf(words)} id={(row) => row.name} selected={name ?? ""}
              open={(row) => void navigate({ to: "/destinations/$name", params: { name: row.name } })}
            />
          )
        }
      </Ask>
      <Outlet />
    </Page>
  );
}
