import { Link } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useOverview } from "@/frame/health";
import { Figures, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, plain, State, Text, type Tone } from "@/ui/values";
import { type Format, type Words, useFormat, useWords } from "@/words";

type Check = Schema["CheckView"];
type Instance = Schema["InstanceView"];

const LATE_SECONDS = 60;
const VERDICTS: Record<string, Tone> = { ok: "good", warning: "warn", wrong: "bad" };
const WORST_FIRST = ["wrong", "warning", "ok"];

function useInstance() {
  return api.useQuery("get", "/api/instance", {}, { refetchInterval: 10_000 });
}

/** How this instance is, its figures, and what to do where it is not well. */
export function Instance() {
  const words = useWords();
  const query = useInstance();
  return (
    <Section title={words.settings.figures}>
      <Ask query={query}>
        {(data) => (
          <div className="w-form">
            <Verdict of={data} />
            <Shown of={data} />
          </div>
        )}
      </Ask>
    </Section>
  );
}

function Verdict({ of }: { of: Instance }) {
  const words = useWords();
  const warned = of.checks.some((each) => each.verdict === "warning");
  const tone: Tone = !of.healthy ? "bad" : warned ? "warn" : "good";
  return <div role="status"><State tone={tone}>{!of.healthy ? words.settings.ill : warned ? words.settings.doubtful : words.settings.well}</State></div>;
}

function Shown({ of }: { of: Instance }) {
  const words = useWords();
  const format = useFormat();
  const { data } = useOverview();
  const waiting = of.events_accepted - of.events_projected;
  const late = (data?.lag.seconds ?? 0) > LATE_SECONDS;
  const stores = of.stores.flatMap(({ name, bytes }) => (bytes === null ? [] : [`${words.settings.stores[name] ?? name} ${format.bytes(bytes)}`]));
  const versions = Object.entries(of.versions).map(([name, version]) => `${name} ${version}`);
  return (
    <>
      <Figures
        figures={[
          { name: words.overview.lag, value: data ? format.seconds(data.lag.seconds) : "–", note: late ? <State tone="warn">{words.settings.late}</State> : words.overview.lagNote(format.exact(Math.max(0, waiting))) },
          { name: words.settings.disk, value: format.bytes(of.disk_free_bytes), note: words.settings.diskOf(format.bytes(of.disk_total_bytes)) },
          { name: words.settings.memory, value: of.memory_bytes === null ? "–" : format.bytes(of.memory_bytes), note: words.settings.memoryNote },
          { name: words.settings.up, value: words.settings.uptime(of.uptime_seconds), note: words.settings.cpu(format.exact(Math.round(of.cpu_seconds))) },
          { name: words.settings.profiles, value: <Num value={of.profiles} /> },
        ]}
      />
      <span className="w-meta">{[...stores, ...versions].join(" · ")}</span>
    </>
  );
}

/** The words of a finding; of a code that is not known here, the API's own. */
function toldOf(words: Words, format: Format, { code, parameters, finding, advice }: Check): { what: string; todo: string } {
  const value = (name: string) => {
    const found = parameters[name];
    if (typeof found !== "number") return name === "at" || name === "newest" ? format.moment(String(found ?? "")) : plain(found);
    return name.endsWith("_bytes") ? format.bytes(found) : format.exact(found);
  };
  return words.checks.of(code, value) ?? { what: finding, todo: advice };
}

/** The workers, and what `weft doctor` looks at, the worst first. */
export function Health() {
  const words = useWords();
  const format = useFormat();
  const query = useInstance();
  const workers: readonly Column<Schema["WorkerStatus"]>[] = [
    { id: "name", head: words.columns.worker, text: (row) => row.name, cell: (row) => <span title={row.name}>{words.settings.workerNames[row.name] ?? row.name}</span> },
    { id: "status", head: words.columns.status, fit: true, text: (row) => String(row.healthy), cell: (row) => <State tone={row.healthy ? "good" : "bad"}>{row.healthy ? words.health.well : words.health.ill}</State> },
    { id: "done", head: words.columns.done, fit: true, align: "right", by: (row) => row.done, cell: (row) => <Num value={row.done} /> },
    { id: "failures", head: words.columns.failures, fit: true, align: "right", by: (row) => row.failures, cell: (row) => <Num value={row.failures} /> },
  ];
  const checks: readonly Column<Check>[] = [
    { id: "name", head: words.columns.check, fit: true, text: (row) => row.name, cell: (row) => <State tone={VERDICTS[row.verdict] ?? "idle"}>{words.checks.names[row.name] ?? row.name}</State> },
    { id: "finding", head: words.columns.detail, text: (row) => row.finding, cell: (row) => <Text value={toldOf(words, format, row).what} /> },
  ];
  const worst = (found: readonly Check[]) => [...found].sort((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
  return (
    <div className="w-cols">
      <Section title={words.settings.checks}>
        <Ask query={query}>
          {(data) => (
            <>
              {worst(data.checks).filter((each) => each.verdict !== "ok").map((each) => <Todo key={each.name} of={each} />)}
              <Table label={words.settings.checks} rows={worst(data.checks)} columns={checks} id={(row) => row.name} />
            </>
          )}
        </Ask>
      </Section>
      <Section title={words.settings.workers}>
        <Ask query={query}>
          {(data) => (
            <>
              {data.workers.some((each) => !each.healthy) && <div className="w-note">{words.settings.workerIll}</div>}
              <Table label={words.settings.workers} rows={data.workers} columns={workers} id={(row) => row.name} />
            </>
          )}
        </Ask>
      </Section>
    </div>
  );
}

function Todo({ of }: { of: Check }) {
  const words = useWords();
  const format = useFormat();
  const { what, todo } = toldOf(words, format, of);
  return (
    <div className={of.verdict === "wrong" ? "w-failed" : "w-note"}>
      <strong>{words.checks.names[of.name] ?? of.name}: {what}</strong>
      <div>{todo} {of.code.startsWith("definitions") && <Link to="/">{words.overview.title}</Link>}</div>
    </div>
  );
}
