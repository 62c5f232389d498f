import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, type Schema } from "@/api/client";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Num, Text } from "@/ui/values";
import { type Language, type Words, useLanguage, useWords } from "@/words";

type Audience = Schema["AudienceView"];

/** Who is in it, as a sentence in the viewer's language. */
export function sentenceOf(audience: Audience, language: Language): string {
  return audience.sentence[language] ?? audience.sentence["en"] ?? audience.description;
}

function columnsOf(words: Words, language: Language): readonly Column<Audience>[] {
  return [
    { id: "name", head: words.columns.audience, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "rule", head: words.audiences.rule, roomy: true, cell: (row) => <span className="w-meta"><Text value={sentenceOf(row, language)} /></span> },
    { id: "entered", head: words.columns.entered, fit: true, roomy: true, align: "right", by: (row) => row.entered_24h, cell: (row) => <Num value={row.entered_24h} /> },
    { id: "exited", head: words.columns.exited, fit: true, roomy: true, align: "right", by: (row) => row.exited_24h, cell: (row) => <Num value={row.exited_24h} /> },
    { id: "size", head: words.columns.size, fit: true, align: "right", by: (row) => row.size, cell: (row) => <Num value={row.size} /> },
  ];
}

export function Audiences() {
  const words = useWords();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const query = api.useQuery("get", "/api/audiences", {}, { refetchInterval: 10_000 });
  const columns = useMemo(() => columnsOf(words, language), [words, language]);
  return (
    <Page title={words.audiences.title} about={words.audiences.about}>
      <Ask query={query}>
        {(audiences) =>
          audiences.length === 0 ? (
            <Empty {...words.audiences.none} />
          ) : (
            <Table
              label={words.audiences.title} rows={audiences} columns={columns} id={(row) => row.name} height={720}
              open={(row) => void navigate({ to: "/audiences/$name", params: { name: row.name } })}
            />
          )
        }
      </Ask>
    </Page>
  );
}
