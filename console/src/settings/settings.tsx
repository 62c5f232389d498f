import { api, type Schema } from "@/api/client";
import { useOverview } from "@/frame/health";
import { useMay, useSession } from "@/frame/session";
import { Copy } from "@/ui/code";
import { Find } from "@/ui/filter";
import { Facts, Page, Section } from "@/ui/page";
import { Ask } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { useParam } from "@/ui/url";
import { Num, plain, Text } from "@/ui/values";
import { useWords } from "@/words";
import { Health, Instance } from "./instance";
import { Tokens } from "./tokens";

export function Settings() {
  const words = useWords();
  const admin = useMay("admin");
  return (
    <Page title={words.settings.title}>
      <Instance />
      <Health />
      <Workspace />
      {admin ? <Tokens /> : <Section title={words.settings.tokens}><span className="w-meta">{words.settings.onlyAdmin}</span></Section>}
      {admin && <Values />}
    </Page>
  );
}

function Workspace() {
  const words = useWords();
  const session = useSession();
  const overview = useOverview();
  return (
    <Section title={words.settings.workspace}>
      <Ask query={overview}>
        {(data) => (
          <Facts
            rows={[
              [words.columns.name, <bdi key="name">{data.workspace}</bdi>],
              [words.settings.edge, <Address key="edge" url={data.edge} />],
              [words.settings.api, <Address key="api" url={data.api} />],
              [words.settings.version, session.version],
              [words.overview.accepted, <Num key="accepted" value={data.events_accepted} />],
            ]}
          />
        )}
      </Ask>
    </Section>
  );
}

function Address({ url }: { url: string }) {
  return (
    <span className="w-row">
      <span className="w-mono">{url}</span>
      <Copy text={url} />
    </span>
  );
}

function Values() {
  const words = useWords();
  const [q] = useParam("q");
  const query = api.useQuery("get", "/api/settings", {});
  const columns: readonly Column<Schema["SettingView"]>[] = [
    { id: "name", head: words.columns.setting, by: (row) => row.name, cell: (row) => <span className="w-mono"><Text value={row.name} /></span> },
    { id: "value", head: words.columns.value, text: (row) => plain(row.value), cell: (row) => <Text value={row.value} /> },
    { id: "origin", head: words.columns.origin, by: (row) => row.origin, cell: (row) => <span className="w-meta"><Text value={row.origin === "default" ? words.settings.byDefault : row.origin} /></span> },
    { id: "variable", head: words.settings.variable, optional: true, by: (row) => row.variable, cell: (row) => <span className="w-mono"><Text value={row.variable} /></span> },
    { id: "about", head: words.columns.detail, optional: true, text: (row) => row.description, cell: (row) => <span className="w-meta"><Text value={row.description} /></span> },
  ];
  const fits = (each: Schema["SettingView"]) => `${each.name} ${plain(each.value)}`.toLocaleLowerCase().includes(q.toLocaleLowerCase());
  return (
    <Section title={words.settings.values} meta={words.settings.valuesMeta} acts={<Find label={words.settings.find} />}>
      <Ask query={query}>{(values) => <Table name="settings" label={words.settings.values} rows={values.filter(fits)} columns={columns} id={(row) => row.name} height={480} />}</Ask>
    </Section>
  );
}
