import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Code } from "@/ui/code";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed, Rows } from "@/ui/states";
import { Ago, State } from "@/ui/values";
import { useWords } from "@/words";
import { useReplay } from "./quarantine";

/** One refused event: why, what to do, whether it would pass today, and sending it again. */
export function RefusedEvent({ of, close }: { of: Schema["QuarantinedView"]; close: () => void }) {
  const words = useWords();
  const may = useMay("write");
  const replay = useReplay();
  const only = { positions: [of.position], reason: of.reason, passing: false };
  const trial = api.useQuery("post", "/api/quarantine/trial", { body: only });
  const why = words.reasons[of.reason];
  return (
    <Detail title={of.name || (why?.what ?? of.reason)} close={close}>
      <div>
        <State tone="warn">{why?.what ?? of.reason}</State>
        {why && <p className="w-plain w-meta">{why.todo}</p>}
      </div>
      <Facts
        rows={[
          [words.columns.detail, of.detail ? <bdi key="detail">{of.detail}</bdi> : null],
          [words.columns.source, <bdi key="source">{of.source}</bdi>],
          [words.columns.received, <Ago key="received" at={of.received_at} />],
          [words.live.position, <Link key="position" to="/live/$position" params={{ position: String(of.position) }}>{of.position}</Link>],
        ]}
      />
      <div className="w-row">
        <Ask query={trial} shape={<Rows count={1} />}>
          {({ passing }) => <State tone={passing > 0 ? "good" : "warn"}>{passing > 0 ? words.quarantine.onePasses : words.quarantine.oneFails}</State>}
        </Ask>
        {may && (
          <span className="end">
            <Button size="compact-sm" variant="default" loading={replay.isPending} onClick={() => replay.mutate({ body: only }, { onSuccess: close })}>{words.quarantine.replay}</Button>
          </span>
        )}
      </div>
      {replay.error !== null && <Failed error={replay.error} />}
      <Section title={words.quarantine.body}>
        <Code text={of.body} wrap label={words.quarantine.body} />
      </Section>
    </Detail>
  );
}
