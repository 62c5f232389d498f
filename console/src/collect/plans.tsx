import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, type Schema } from "@/api/client";
import { useMay } from "@/frame/session";
import { Page } from "@/ui/page";
import { Ask, Empty } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Text } from "@/ui/values";
import { useWords } from "@/words";

type Plan = Schema["PlanView"];

export function Plans() {
  const words = useWords();
  const navigate = useNavigate();
  const may = useMay("write");
  const query = api.useQuery("get", "/api/plans", {});
  const columns: readonly Column<Plan>[] = [
    { id: "name", head: words.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "mode", head: words.plans.mode, fit: true, cell: (row) => words.plans.modes[String(row.definition["mode"] ?? "observe")] ?? "" },
    { id: "events", head: words.columns.events, cell: (row) => <span className="w-meta"><Text value={row.events.join(", ")} /></span> },
    { id: "about", head: words.columns.detail, roomy: true, cell: (row) => <span className="w-meta"><Text value={row.description} /></span> },
  ];
  const write = may && <Button size="compact-sm" component={Link} to="/plans/$name" params={{ name: "new" } as never}>{words.plans.write}</Button>;
  return (
    <Page title={words.plans.title} about={words.plans.about} acts={write}>
      <Ask query={query}>
        {(plans) =>
          plans.length === 0 ? (
            <Empty {...words.plans.none} act={<Link to="/catalogue">{words.catalogue.title}</Link>} />
          ) : (
            <Table name="plans" label={words.plans.title} rows={plans} columns={columns} id={(row) => row.name} open={(row) => void navigate({ to: "/plans/$name", params: { name: row.name } })} />
          )
        }
      </Ask>
    </Page>
  );
}
