import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { api, type Schema } from "@/api/client";
import { Page } from "@/ui/page";
import { FiguresShape, TableShape } from "@/ui/shapes";
import { Ask } from "@/ui/states";
import { useParam } from "@/ui/url";
import { Ago, State } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { Consent, Deliveries } from "./acts";
import { Home } from "./household";
import { Audiences, Memberships } from "./memberships";
import { RightNow } from "./moment";
import { nameOf } from "./name";
import { Timeline } from "./timeline";
import { Traits } from "./traits";
import { Who } from "./who";

const Graph = lazy(() => import("@/identity/graph").then(({ Graph: found }) => ({ default: found })));

export function Person() {
  const words = useWords();
  const { profile } = useParams({ from: "/people/$profile" });
  const query = api.useQuery("get", "/api/profiles/{name}", { params: { path: { name: profile } } }, { refetchInterval: 10_000 });
  const name = query.data ? nameOf(query.data) || words.people.nameless : words.columns.person;
  return (
    <Page title={name} about={query.data && <Standing of={query.data} />}>
      <Ask query={query} shape={<Shape />}>
        {(data) => (
          <>
            <Views />
            <Shown of={data} name={profile} />
          </>
        )}
      </Ask>
    </Page>
  );
}

/** What is looked at: who it is and did, or what holds the identifiers together. */
function Views() {
  const words = useWords();
  const [view, setView] = useParam("view");
  return (
    <div className="w-views" role="tablist" aria-label={words.graph.views}>
      {([["", words.graph.profile], ["identity", words.graph.title]] as const).map(([value, told]) => (
        <button key={value} type="button" role="tab" aria-selected={view === value} onClick={() => setView(value)}>{told}</button>
      ))}
    </div>
  );
}

function Shown({ of, name }: { of: Schema["ProfileView"]; name: string }) {
  const [view] = useParam("view");
  if (view === "identity") return <Suspense fallback={<TableShape rows={8} columns={4} />}><Graph of={of} /></Suspense>;
  return (
    <div className="w-person">
      <div className="side">
        <Who of={of} />
        <RightNow of={of.context ?? {}} />
        <Audiences name={name} />
        <Memberships name={name} />
        <Home name={name} profile={of.id} />
        <Traits name={name} />
        <Consent name={name} />
        <Deliveries name={name} />
      </div>
      <Timeline name={name} />
    </div>
  );
}

function Shape() {
  return (
    <div className="w-person">
      <div className="side">
        <FiguresShape count={2} />
        <TableShape rows={6} columns={3} />
      </div>
      <TableShape rows={12} columns={2} />
    </div>
  );
}

function Standing({ of }: { of: Schema["ProfileView"] }) {
  const words = useWords();
  const format = useFormat();
  return (
    <span className="w-row">
      <State tone={of.known ? "good" : "idle"}>{of.known ? words.people.known : words.people.anonymous}</State>
      <span title={format.exact(of.events)}>{words.units.eventsOf(of.events, format.short(of.events))}</span>
      <span>
        {words.columns.lastSeen} <Ago at={of.last_seen_at} />
      </span>
      <span>
        {words.columns.firstSeen} <Ago at={of.first_seen_at} />
      </span>
    </span>
  );
}
