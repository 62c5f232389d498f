import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { Spark } from "@/ui/chart";
import { COLOURS } from "@/ui/colours";
import { useMay } from "@/frame/session";
import { Find } from "@/ui/filter";
import { Page } from "@/ui/page";
import { TableShape } from "@/ui/shapes";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import type { Search } from "@/ui/url";
import { Num, Text } from "@/ui/values";
import { UNKNOWN } from "@/words/format";
import { type Format, type Language, type Words, useFormat, useLanguage, useWords } from "@/words";

type Audience = Schema["AudienceView"];

const WEEK_DAYS = 7;

/** Who is in it, as a sentence in the viewer's language. */
export function sentenceOf({ sentence, description }: Pick<Audience, "sentence" | "description">, language: Language): string {
  return sentence[language] ?? sentence["en"] ?? description;
}

/** How many more or fewer than a week ago; null while nobody counted then. */
function changeOf({ trend }: Audience): number | null {
  const [now, then] = [trend.at(-1), trend.at(-1 - WEEK_DAYS)];
  return typeof now === "number" && typeof then === "number" ? now - then : null;
}

/** The change of an audience with its base, in words. */
export function toldChange(audience: Audience, words: Words, format: Format): string {
  const change = changeOf(audience);
  const days = words.audiences.days(WEEK_DAYS);
  if (change === null) return "";
  return change === 0 ? words.audiences.unchanged(days) : words.audiences.change(format.change(change), days);
}

function columnsOf(words: Words, format: Format, language: Language): readonly Column<Audience>[] {
  return [
    { id: "name", head: words.columns.audience, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "rule", head: words.audiences.rule, roomy: true, wide: true, text: (row) => sentenceOf(row, language), cell: (row) => <span className="w-meta"><Text value={sentenceOf(row, language)} /></span> },
    { id: "trend", head: words.audiences.trend, fit: true, roomy: true, cell: (row) => <Spark values={row.trend.map((each) => each ?? 0)} colour={COLOURS.members} /> },
    { id: "entered", head: words.columns.entered, fit: true, roomy: true, align: "right", by: (row) => row.entered_24h, cell: (row) => <Num value={row.entered_24h} /> },
    { id: "exited", head: words.columns.exited, fit: true, roomy: true, align: "right", by: (row) => row.exited_24h, cell: (row) => <Num value={row.exited_24h} /> },
    {
      id: "change", head: words.audiences.week, fit: true, align: "right", by: changeOf,
      cell: (row) => <span title={toldChange(row, words, format)}>{changeOf(row) === null ? UNKNOWN : format.change(changeOf(row) ?? 0)}</span>,
    },
    { id: "size", head: words.columns.size, fit: true, align: "right", by: (row) => row.size, cell: (row) => <Num value={row.size} /> },
  ];
}

export function Audiences() {
  const words = useWords();
  const format = useFormat();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const mayWrite = useMay("write");
  const { q = "" } = useSearch({ strict: false }) as Search;
  const query = api.useQuery("get", "/api/audiences", {}, { refetchInterval: 10_000 });
  const columns = useMemo(() => columnsOf(words, format, language), [words, format, language]);
  const part = q.toLocaleLowerCase();
  return (
    <Page
      title={words.audiences.title} about={words.audiences.about}
      acts={
        <>
          <Button size="compact-sm" variant="default" component={Link} to={"/lists" as never}>{words.audiences.lists}</Button>
          {mayWrite && <Button size="compact-sm" component={Link} to={"/audiences/new" as never}>{words.audiences.add}</Button>}
        </>
      }
    >
      <Ask query={query} shape={<TableShape rows={12} columns={5} />}>
        {(audiences) => {
          if (audiences.length === 0) return <Empty {...words.audiences.none} />;
          const rows = audiences.filter((each) => `${each.name} ${sentenceOf(each, language)}`.toLocaleLowerCase().includes(part));
          return (
            <>
              <div className="w-chips"><Find label={words.audiences.find} type="search" /></div>
              {rows.length === 0 ? (
                <Empty {...words.audiences.noMatch} />
              ) : (
                <Table
                  name="audiences" label={words.audiences.title} rows={rows} columns={columns} id={(row) => row.name} height={720}
                  open={(row) => void navigate({ to: "/audiences/$name", params: { name: row.name } })}
                />
              )}
            </>
          );
        }}
      </Ask>
    </Page>
  );
}
