import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { Json } from "@/ui/code";
import { Section } from "@/ui/page";
import { Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, State, Text } from "@/ui/values";
import { type Words, useFormat, useWords } from "@/words";
import type { Known } from "./catalogue";
import { type Draft, inputOf } from "./plan-draft";

type Trial = Schema["TrialView"];

const LAST = 1_000;
const TRIED_MOST = 50;

interface Ran {
  /** What was tried; an edit makes the result an old one. */
  draft: Draft;
  trials: readonly Trial[];
}

/** Holds the plan as it stands in the editor against events that came, before it refuses any. */
export function DryRun({ draft, known }: { draft: Draft; known: readonly Known[] }) {
  const words = useWords();
  const format = useFormat();
  const [ran, setRan] = useState<Ran | null>(null);
  const run = api.useMutation("post", "/api/plans/dry-run");
  const names = draft.events.map((each) => each.name).slice(0, TRIED_MOST);
  const go = async () => {
    const plan = inputOf(draft);
    const trials: Trial[] = [];
    for (const event of names) trials.push(await run.mutateAsync({ body: { plan, event, last: LAST } }));
    setRan({ draft, trials });
  };
  return (
    <Section
      title={words.plans.dryRun} meta={words.plans.dryRunMeta(format.exact(LAST))}
      acts={<Button size="compact-sm" variant="default" loading={run.isPending} disabled={names.length === 0} onClick={() => void go().catch(() => undefined)}>{words.plans.dryRunGo}</Button>}
    >
      {run.error !== null && <Failed error={run.error} />}
      {ran === null ? <span className="w-meta">{words.plans.dryRunHint}</span> : <Told of={ran} stale={ran.draft !== draft} />}
      <Unplanned draft={draft} known={known} />
    </Section>
  );
}

function columnsOf(words: Words): readonly Column<Trial>[] {
  const count = (id: "checked" | "passed" | "quarantined" | "stripped" | "observed", head: string): Column<Trial> =>
    ({ id, head, fit: true, align: "right", roomy: id === "checked" || id === "passed", by: (row) => row[id], cell: (row) => <Num value={row[id]} /> });
  return [
    { id: "event", head: words.columns.event, cell: (row) => <Text value={row.event} /> },
    count("checked", words.plans.checked),
    count("passed", words.plans.wouldPass),
    count("quarantined", words.plans.wouldQuarantine),
    count("stripped", words.plans.wouldStrip),
    count("observed", words.plans.wouldCount),
  ];
}

const against = (trial: Trial) => trial.quarantined + trial.stripped + trial.observed;

function Told({ of: { trials }, stale }: { of: Ran; stale: boolean }) {
  const words = useWords();
  const format = useFormat();
  const sum = (count: (trial: Trial) => number) => trials.reduce((total, each) => total + count(each), 0);
  const [wrong, checked] = [sum(against), sum((each) => each.checked)];
  const faults = trials.flatMap((trial) => trial.faults.map((fault) => ({ ...fault, event: trial.event })));
  const used = new Set(["event", "checked", "passed", ...(["quarantined", "stripped", "observed"] as const).filter((id) => trials.some((each) => each[id] > 0))]);
  return (
    <div className="w-form">
      <div role="status">
        {stale && <p className="w-note">{words.plans.changed}</p>}
        <State tone={wrong === 0 ? "good" : "warn"}>{wrong === 0 ? words.plans.allPass(format.exact(checked)) : words.plans.somePass(format.exact(wrong), format.exact(checked))}</State>
      </div>
      <Table label={words.plans.dryRun} rows={trials} columns={columnsOf(words).filter((each) => used.has(each.id))} id={(row) => row.event} />
      {faults.map((fault) => (
        <details key={`${fault.event}-${fault.path}-${fault.rule}`}>
          <summary>
            <bdi>{fault.event}</bdi> <span className="w-mono">{fault.path.replace(/^\$\.?/, "")}</span> {words.rules[fault.rule] ?? fault.rule} · {words.plans.ofEvents(format.exact(fault.events))}
          </summary>
          {fault.examples.map((each) => (
            <div key={each.position} className="w-form">
              <span className="w-meta"><Ago at={each.occurred_at} /> <Link to="/live/$position" params={{ position: String(each.position) }}>{words.plans.openEvent}</Link></span>
              <Json value={each.properties} label={fault.path} />
            </div>
          ))}
        </details>
      ))}
    </div>
  );
}

/** With `unplanned: quarantine`, what is refused just because nobody named it. */
function Unplanned({ draft, known }: { draft: Draft; known: readonly Known[] }) {
  const words = useWords();
  const format = useFormat();
  if (draft.unplanned !== "quarantine") return null;
  const planned = new Set(draft.events.map((each) => each.name));
  const events = known.filter((each) => each.type === "track" && each.property === "" && !planned.has(each.name));
  if (events.length === 0) return null;
  return <p className="w-plain w-note">{words.plans.unplannedSeen(events.length, format.list(events.map((each) => each.name)))}</p>;
}
