import { api, type Schema } from "@/api/client";
import { Facts, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Num, State, Text, type Tone } from "@/ui/values";
import { useFormat, useWords } from "@/words";

function useInstance() {
  return api.useQuery("get", "/api/instance", {}, { refetchInterval: 10_000 });
}

const bytes = (value: number | null, told: (value: number) => string) => (value === null ? "–" : told(value));

/** The figures of this engine and its machine. */
export function Instance() {
  const words = useWords();
  const format = useFormat();
  const query = useInstance();
  return (
    <Section title={words.settings.figures}>
      <Ask query={query}>
        {(data) => (
          <Facts
            rows={[
              [words.settings.started, <Ago key="started" at={data.started_at} />],
              [words.settings.memory, bytes(data.memory_bytes, format.bytes)],
              [words.settings.disk, words.settings.diskOf(format.bytes(data.disk_free_bytes), format.bytes(data.disk_total_bytes))],
              ...data.stores.map((store) => [words.settings.stores[store.name] ?? store.name, bytes(store.bytes, format.bytes)] as const),
              [words.settings.profiles, <Num key="profiles" value={data.profiles} />],
              [words.settings.versions, <span key="versions" className="w-meta">{Object.entries(data.versions).map(([name, version]) => `${name} ${version}`).join(" · ")}</span>],
            ]}
          />
        )}
      </Ask>
    </Section>
  );
}

const VERDICTS: Record<string, Tone> = { ok: "good", warning: "warn", wrong: "bad" };

/** The workers, and what `weft doctor` looks at. */
export function Health() {
  const words = useWords();
  const query = useInstance();
  const workers: readonly Column<Schema["WorkerStatus"]>[] = [
    { id: "name", head: words.columns.worker, cell: (row) => row.name },
    { id: "status", head: words.columns.status, fit: true, cell: (row) => <State tone={row.healthy ? "good" : "bad"}>{row.healthy ? words.health.well : words.health.ill}</State> },
    { id: "done", head: words.columns.done, fit: true, align: "right", cell: (row) => <Num value={row.done} /> },
    { id: "failures", head: words.columns.failures, fit: true, align: "right", cell: (row) => <Num value={row.failures} /> },
  ];
  const checks: readonly Column<Schema["CheckView"]>[] = [
    { id: "name", head: words.columns.check, fit: true, cell: (row) => <State tone={VERDICTS[row.verdict] ?? "idle"}>{row.name}</State> },
    { id: "finding", head: words.columns.detail, cell: (row) => <Text value={[row.finding, row.advice].filter(Boolean).join(". ")} /> },
  ];
  return (
    <div className="w-cols">
      <Section title={words.settings.workers}>
        <Ask query={query}>{(data) => <Table label={words.settings.workers} rows={data.workers} columns={workers} id={(row) => row.name} />}</Ask>
      </Section>
      <Section title={words.settings.checks}>
        <Ask query={query}>{(data) => <Table label={words.settings.checks} rows={data.checks} columns={checks} id={(row) => row.name} />}</Ask>
      </Section>
    </div>
  );
}
