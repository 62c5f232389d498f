import { Button, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { toneOf } from "@/profile/acts";
import { Json } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Ago, Num, State } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { type Destination as Of, DESTINATIONS, Lane } from "./destinations";

const STATES: readonly Schema["ItemState"][] = ["pending", "leased", "retry", "delivered", "dead", "denied", "in_doubt"];
const SHOWN = 200;

export function Destination() {
  const words = useWords();
  const navigate = useNavigate();
  const { name } = useParams({ from: "/destinations/$name" });
  const query = api.useQuery("get", "/api/destinations", {}, { refetchInterval: 5_000 });
  return (
    <Detail title={name} close={() => void navigate({ to: "/destinations" })}>
      <Ask query={query}>
        {(destinations) => {
          const found = destinations.find((each) => each.name === name);
          return found ? <Shown of={found} /> : <p>{words.lost.what}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ of }: { of: Of }) {
  const words = useWords();
  const may = useMay("write");
  const dead = of.items["dead"] ?? 0;
  return (
    <>
      <Facts
        rows={[
          [words.columns.kind, String(of.definition["type"] ?? "")],
          [words.columns.status, <Lane key="lane" of={of} />],
          ...STATES.filter((each) => of.items[each]).map((each) => [words.deliveryStates[each] ?? each, <Num key={each} value={of.items[each]} />] as const),
        ]}
      />
      {may && <Acts name={of.name} dead={dead} />}
      <Deliveries name={of.name} />
      <Section title={words.destinations.definition}>
        <Json value={of.definition} label={words.destinations.definition} />
      </Section>
    </>
  );
}

function Acts({ name, dead }: { name: string; dead: number }) {
  const words = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: DESTINATIONS });
  const test = api.useMutation("post", "/api/destinations/{name}/test");
  const replay = api.useMutation("post", "/api/deliveries/replay", { onSuccess: again });
  const remove = api.useMutation("delete", "/api/destinations/{name}", { onSuccess: again });
  const taken = test.data?.outcome === "accepted";
  return (
    <div className="w-form">
      <div className="w-row">
        <Button size="compact-sm" loading={test.isPending} title={words.destinations.testHint} onClick={() => test.mutate({ params: { path: { name } } })}>
          {words.destinations.test}
        </Button>
        {dead > 0 && (
          <Confirm
            act={words.destinations.replayDead(format.exact(dead))} question={words.destinations.replaySure} mutation={replay}
            run={() => replay.mutateAsync({ body: { destination: name } })}
          />
        )}
        <span className="end">
          <Confirm
            danger act={words.destinations.remove} question={words.destinations.removeSure(name)} mutation={remove}
            run={() => remove.mutateAsync({ params: { path: { name } } }).then(() => navigate({ to: "/destinations" }))}
          />
        </span>
      </div>
      {test.data && (
        <div role="status">
          <State tone={taken ? "good" : "bad"}>{taken ? words.destinations.tested : words.destinations.testFailed}</State>{" "}
          <span className="w-meta">
            {test.data.status || ""} {test.data.error} · {format.exact(Math.round(test.data.latency_ms))} ms
          </span>
        </div>
      )}
      {test.error !== null && <Failed error={test.error} />}
      {replay.data && <span role="status">{words.destinations.revived(replay.data.items)}</span>}
    </div>
  );
}

function columnsOf(words: Words): readonly Column<Schema["DeliveryView"]>[] {
  return [
    { id: "at", head: words.columns.time, fit: true, cell: (row) => <Ago at={row.settled_at ?? row.enqueued_at} /> },
    { id: "kind", head: words.columns.kind, cell: (row) => row.kind },
    { id: "person", head: words.columns.person, cell: (row) => <Link to="/people/$profile" params={{ profile: row.profile_id }} className="w-mono">{row.profile_id.slice(0, 8)}</Link> },
    { id: "attempts", head: words.columns.attempts, fit: true, roomy: true, align: "right", cell: (row) => <Num value={row.attempts} /> },
    { id: "status", head: words.columns.status, fit: true, cell: (row) => <span title={row.error || row.evidence}><State tone={toneOf(row.state)}>{words.deliveryStates[row.state] ?? row.state}</State></span> },
  ];
}

function Deliveries({ name }: { name: string }) {
  const words = useWords();
  const [state, setState] = useParam("state");
  const [open, setOpen] = useParam("delivery");
  const query = api.useQuery(
    "get", "/api/deliveries",
    { params: { query: { destination: name, limit: SHOWN, ...(state ? { state: state as Schema["ItemState"] } : {}) } } },
    { refetchInterval: 5_000 },
  );
  return (
    <Section
      title={words.destinations.deliveries}
      acts={
        <Select
          size="xs" w={160} clearable aria-label={words.columns.status} placeholder={words.destinations.everyState} value={state || null} onChange={(value) => setState(value ?? "")}
          data={STATES.map((value) => ({ value, label: words.deliveryStates[value] ?? value }))}
        />
      }
    >
      <Ask query={query}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <span className="w-meta">{state === "dead" ? words.destinations.noDead : words.destinations.noDeliveries}</span>
          ) : (
            <Table label={words.destinations.deliveries} rows={deliveries} columns={columnsOf(words)} id={(row) => row.key} height={400} selected={open} open={(row) => setOpen(row.key === open ? "" : row.key)} />
          )
        }
      </Ask>
      {open && <Attempts of={open} />}
    </Section>
  );
}

function Attempts({ of }: { of: string }) {
  const words = useWords();
  const format = useFormat();
  const query = api.useQuery("get", "/api/deliveries/{key}/attempts", { params: { path: { key: of } } });
  return (
    <Ask query={query}>
      {(attempts) => (
        <Facts
          rows={attempts.map((each) => [
            `${words.columns.attempts} ${each.number}`,
            <span className="w-row" key={each.number}>
              {each.outcome} {each.status || ""} <bdi className="w-meta">{each.error}</bdi>
              <span className="w-meta">{format.exact(Math.round(each.latency_ms))} ms · <Ago at={each.at} /></span>
            </span>,
          ])}
        />
      )}
    </Ask>
  );
}
