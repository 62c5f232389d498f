import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { PersonLink, useNames } from "@/profile/person-link";
import { Confirm } from "@/ui/confirm";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed, Rows } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Ago, Num, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import { type Destination, DESTINATIONS } from "./destinations";
import { Receipt, toneOf, useErrors } from "./receipt";

type Delivery = Schema["DeliveryView"];

const STATES: readonly Schema["ItemState"][] = ["pending", "leased", "retry", "delivered", "dead", "denied", "in_doubt"];
const PAGE = 200;

function columnsOf(words: Words, told: (error: string) => string, names: ReadonlyMap<string, string>): readonly Column<Delivery>[] {
  const at = (row: Delivery) => row.settled_at ?? row.enqueued_at;
  return [
    { id: "at", head: words.columns.time, fit: true, text: at, cell: (row) => <Ago at={at(row)} /> },
    { id: "kind", head: words.columns.kind, text: (row) => row.kind, cell: (row) => <Text value={words.destinations.acts[row.kind] ?? row.kind} /> },
    { id: "person", head: words.columns.person, text: (row) => names.get(row.profile_id) || row.profile_id, cell: (row) => <PersonLink profile={row.profile_id} names={names} /> },
    { id: "attempts", head: words.columns.attempts, fit: true, roomy: true, align: "right", text: (row) => row.attempts, cell: (row) => <Num value={row.attempts} /> },
    { id: "status", head: words.columns.status, fit: true, text: (row) => row.state, cell: (row) => <State tone={toneOf(row.state)}>{words.deliveryStates[row.state] ?? row.state}</State> },
    { id: "why", head: words.columns.reason, roomy: true, text: (row) => row.error, cell: (row) => <span className="w-meta"><Text value={told(row.error)} /></span> },
  ];
}

/** What went to a destination and what did not, by state; a dead letter can be sent again, a doubt be settled. */
export function Deliveries({ of }: { of: Destination }) {
  const words = useWords();
  const told = useErrors();
  const [state, setState] = useParam("state");
  const [open, setOpen] = useParam("delivery");
  const query = api.useInfiniteQuery(
    "get", "/api/deliveries",
    { params: { query: { destination: of.name, limit: PAGE, ...(state ? { state: state as Schema["ItemState"] } : {}) } } },
    { pageParamName: "after", initialPageParam: null, getNextPageParam: (last: readonly Delivery[]) => (last.length === PAGE ? last.at(-1)?.key : undefined), refetchInterval: 5_000 },
  );
  const names = useNames(query.data?.pages.flat().map((each) => each.profile_id) ?? []);
  const columns = useMemo(() => columnsOf(words, told, names), [words, names]);
  return (
    <Section title={words.destinations.deliveries}>
      <States of={of} state={state} set={setState} />
      {state === "dead" && <Dead of={of} />}
      <Ask query={query as never}>
        {(data: { pages: readonly (readonly Delivery[])[] }) => {
          const deliveries = data.pages.flat();
          if (deliveries.length === 0) return <span className="w-meta">{state === "dead" ? words.destinations.noDead : words.destinations.noDeliveries}</span>;
          const shown = deliveries.find((each) => each.key === open);
          return (
            <>
              <Table
                name="deliveries" label={words.destinations.deliveries} rows={deliveries} columns={columns} id={(row) => row.key} height={320} selected={open}
                more={() => { if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage(); }}
                open={(row) => setOpen(row.key === open ? "" : row.key)}
              />
              {shown && <Attempts of={shown} />}
            </>
          );
        }}
      </Ask>
    </Section>
  );
}

/** The states that there are, each with its number; a press filters by it. */
function States({ of, state, set }: { of: Destination; state: string; set: (state: string) => void }) {
  const words = useWords();
  const format = useFormat();
  const found = STATES.filter((each) => of.items[each] || each === state);
  if (found.length === 0) return null;
  return (
    <div className="w-chips" role="group" aria-label={words.columns.status}>
      {["", ...found].map((each) => (
        <button key={each} type="button" className="w-pick" aria-pressed={state === each} onClick={() => set(each)}>
          {each ? (words.deliveryStates[each] ?? each) : words.acts.all} {each && <span className="w-meta w-num">{format.exact(of.items[each] ?? 0)}</span>}
        </button>
      ))}
    </div>
  );
}

/** Looks again at what an act here has changed. */
function useLookAgain() {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: DESTINATIONS });
    await queries.invalidateQueries({ queryKey: ["get", "/api/deliveries"] });
  };
}

function useReplay() {
  const onSuccess = useLookAgain();
  return api.useMutation("post", "/api/deliveries/replay", { onSuccess });
}

function Dead({ of }: { of: Destination }) {
  const words = useWords();
  const format = useFormat();
  const may = useMay("write");
  const replay = useReplay();
  const dead = of.items["dead"] ?? 0;
  return (
    <div className="w-row">
      <span className="w-meta">{words.destinations.deadMeans}</span>
      <span className="end w-row">
        {replay.data && <span role="status"><State tone="good">{words.destinations.revived(replay.data.items)}</State></span>}
        {may && dead > 0 && (
          <Confirm act={words.destinations.replayDead(format.exact(dead))} question={words.destinations.replaySure} mutation={replay} run={() => replay.mutateAsync({ body: { destination: of.name, keys: [] } })} />
        )}
      </span>
    </div>
  );
}

function Attempts({ of }: { of: Delivery }) {
  const words = useWords();
  const may = useMay("write");
  const replay = useReplay();
  const query = api.useQuery("get", "/api/deliveries/{key}/attempts", { params: { path: { key: of.key } } });
  return (
    <div className="w-form w-group">
      <Facts rows={[[words.destinations.evidence, of.evidence || null], [words.destinations.due, of.due_at ? <Ago key="due" at={of.due_at} /> : null]]} />
      <Ask query={query} shape={<Rows count={2} />}>
        {(attempts) => (
          <Facts
            rows={attempts.map((each) => [
              words.destinations.attempt(each.number),
              <span className="w-row" key={each.number}><Receipt of={each} /> <span className="w-meta"><Ago at={each.at} /></span></span>,
            ])}
          />
        )}
      </Ask>
      {replay.error !== null && <Failed error={replay.error} />}
      {may && of.state === "dead" && (
        <div><Button size="compact-sm" variant="default" loading={replay.isPending} onClick={() => replay.mutate({ body: { keys: [of.key] } })}>{words.destinations.replayOne}</Button></div>
      )}
      {may && of.state === "in_doubt" && <Doubt of={of} />}
    </div>
  );
}

/** Only a person can find out whether it arrived, and says so here. */
function Doubt({ of }: { of: Delivery }) {
  const words = useWords();
  const settle = api.useMutation("post", "/api/deliveries/settle", { onSuccess: useLookAgain() });
  const say = (delivered: boolean) => () => settle.mutateAsync({ body: { keys: [of.key], delivered } });
  return (
    <>
      <p className="w-plain w-meta">{words.destinations.doubtMeans}</p>
      <div className="w-row">
        <Confirm act={words.destinations.wasDelivered} question={words.destinations.wasDeliveredSure} mutation={settle} run={say(true)} />
        <Confirm act={words.destinations.wasNotDelivered} question={words.destinations.wasNotDeliveredSure} mutation={settle} run={say(false)} />
      </div>
    </>
  );
}

/** What the gate did not let out, newest first. */
export function Denials({ name }: { name: string }) {
  const words = useWords();
  const query = api.useQuery("get", "/api/denials", { params: { query: { destination: name, limit: PAGE } } });
  const names = useNames(query.data?.map((each) => each.profile_id) ?? []);
  const why = (row: Schema["DenialView"]) => words.destinations.denied[row.reason] ?? row.reason;
  return (
    <Section title={words.destinations.denials} meta={words.destinations.denialsMeta}>
      <Ask query={query} shape={<Rows count={2} />}>
        {(denials) =>
          denials.length === 0 ? (
            <span className="w-meta">{words.destinations.noDenials}</span>
          ) : (
            <Table
              name="denials" label={words.destinations.denials} rows={denials} id={(row) => `${row.key}-${row.stage}`} height={240}
              columns={[
                { id: "at", head: words.columns.time, fit: true, by: (row) => row.at, cell: (row) => <Ago at={row.at} /> },
                { id: "why", head: words.columns.reason, by: why, cell: (row) => <Text value={why(row)} /> },
                { id: "person", head: words.columns.person, text: (row) => names.get(row.profile_id) || row.profile_id, cell: (row) => <PersonLink profile={row.profile_id} names={names} /> },
                { id: "detail", head: words.columns.detail, roomy: true, text: (row) => row.detail, cell: (row) => <span className="w-meta"><Text value={row.detail} /></span> },
              ]}
            />
          )
        }
      </Ask>
    </Section>
  );
}
