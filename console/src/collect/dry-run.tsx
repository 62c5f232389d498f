import { Button, Select } from "@mantine/core";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { Json } from "@/ui/code";
import { Figures, Section } from "@/ui/page";
import { Failed } from "@/ui/states";
import { Ago, Num } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import type { PlanInput } from "./plan-draft";

const LAST = 1_000;

/** Holds the plan as it stands in the editor against events that came, before it refuses any. */
export function DryRun({ plan, event }: { plan: PlanInput | null; event: string }) {
  const words = useWords();
  const format = useFormat();
  const [chosen, choose] = useState(event);
  const events = Object.keys(plan?.events ?? {});
  const on = events.includes(chosen) ? chosen : (events[0] ?? "");
  const run = api.useMutation("post", "/api/plans/dry-run");
  return (
    <Section title={words.plans.dryRun} meta={words.plans.dryRunMeta(format.exact(LAST))}>
      <div className="w-row">
        <Select size="xs" aria-label={words.columns.event} placeholder={words.columns.event} data={events} value={on || null} onChange={(value) => choose(value ?? "")} />
        <Button
          size="xs" variant="default" loading={run.isPending} disabled={!plan || !on}
          onClick={() => plan && run.mutate({ body: { plan, event: on, last: LAST } })}
        >
          {words.plans.dryRun}
        </Button>
      </div>
      {run.error !== null && <Failed error={run.error} />}
      {run.data ? <Trial of={run.data} /> : <span className="w-meta">{words.plans.dryRunHint}</span>}
    </Section>
  );
}

function Trial({ of }: { of: Schema["TrialView"] }) {
  const words = useWords();
  if (of.checked === 0) return <span role="status">{words.plans.noEvents(of.event)}</span>;
  return (
    <div role="status" className="w-form">
      <Figures
        figures={[
          { name: words.plans.wouldPass, value: <Num value={of.passed} /> },
          { name: words.plans.wouldQuarantine, value: <Num value={of.quarantined} />, colour: "var(--w-quarantined)" },
          { name: words.plans.wouldStrip, value: <Num value={of.stripped} /> },
          { name: words.plans.wouldCount, value: <Num value={of.observed} /> },
        ]}
      />
      {of.faults.map((fault) => (
        <details key={`${fault.path}-${fault.rule}`}>
          <summary>
            <span className="w-mono">{fault.path} {fault.rule}</span> · <Num value={fault.events} /> {words.units.events}
          </summary>
          {fault.examples.map((each) => (
            <div key={each.position}>
              <span className="w-meta"><Ago at={each.occurred_at} /> {each.message_id}</span>
              <Json value={each.properties} label={fault.path} />
            </div>
          ))}
        </details>
      ))}
    </div>
  );
}
