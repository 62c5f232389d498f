import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useMatchRoute, useNavigate, useParams } from "@tanstack/react-router";
import { api } from "@/api/client";
import { useMay } from "@/frame/session";
import { Json } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Detail } from "@/ui/drawer";
import { Facts, Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import { State } from "@/ui/values";
import { useFormat, useWords } from "@/words";
import { Deliveries, Denials } from "./deliveries";
import { type Destination as Of, DESTINATIONS, Lane, LOOK_MS } from "./destinations";
import { Receipt, useErrors } from "./receipt";

export function Destination() {
  const words = useWords();
  const navigate = useNavigate();
  const { name } = useParams({ from: "/destinations/$name" });
  const editing = useMatchRoute()({ to: "/destinations/$name/edit" }) !== false;
  const query = api.useQuery("get", "/api/destinations", {}, { refetchInterval: LOOK_MS });
  if (editing) return <Outlet />;
  return (
    <Detail title={name} close={() => void navigate({ to: "/destinations" })}>
      <Ask query={query}>
        {(destinations) => {
          const found = destinations.find((each) => each.name === name);
          return found ? <Shown key={found.name} of={found} /> : <p role="status">{words.destinations.notYet}</p>;
        }}
      </Ask>
    </Detail>
  );
}

function Shown({ of }: { of: Of }) {
  const words = useWords();
  const told = useErrors();
  const may = useMay("write");
  const error = String(of.lane["last_error"] ?? "");
  return (
    <>
      <Facts
        rows={[
          [words.columns.status, <Lane key="lane" of={of} />],
          [words.destinations.lastError, error ? told(error) : null],
          [words.columns.kind, String(of.definition["type"] ?? "")],
          [words.destinations.fields["purpose"]?.label ?? "", String(of.definition["purpose"] ?? "")],
          ...Object.entries(of.secrets).map(([variable, isSet]) => [words.destinations.secret, <Secret key={variable} variable={variable} isSet={isSet} />] as const),
        ]}
      />
      {may && <Acts of={of} />}
      <Deliveries of={of} />
      <Denials name={of.name} />
      <Section title={words.destinations.definition}>
        <Json value={of.definition} label={words.destinations.definition} />
      </Section>
    </>
  );
}

/** Which variable holds the secret, and whether the engine has it. The secret itself is nowhere in the console. */
function Secret({ variable, isSet }: { variable: string; isSet: boolean }) {
  const words = useWords();
  return (
    <>
      <span className="w-mono">{variable}</span> <State tone={isSet ? "good" : "warn"}>{isSet ? words.destinations.isSet : words.destinations.notSet}</State>
    </>
  );
}

function Acts({ of }: { of: Of }) {
  const words = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: DESTINATIONS });
  const { name, enabled } = of;
  const test = api.useMutation("post", "/api/destinations/{name}/test");
  const remove = api.useMutation("delete", "/api/destinations/{name}", { onSuccess: again });
  const toggle = api.useMutation("put", "/api/destinations/{name}", { onSuccess: again });
  const waiting = ["pending", "retry"].reduce((sum, state) => sum + (of.items[state] ?? 0), 0);
  const { enabled: _was, ...rest } = of.definition;
  const flip = () => toggle.mutateAsync({ params: { path: { name }, query: { version: of.version } }, body: { definition: enabled ? { ...rest, enabled: false } : rest } });
  return (
    <div className="w-form">
      <div className="w-row">
        <Button size="compact-sm" loading={test.isPending} disabled={!enabled} title={words.destinations.testHint} onClick={() => test.mutate({ params: { path: { name } } })}>
          {words.destinations.test}
        </Button>
        <Button size="compact-sm" variant="default" component={Link} to="/destinations/$name/edit" params={{ name } as never}>{words.destinations.edit}</Button>
        {enabled ? (
          <Confirm act={words.destinations.disable} question={words.destinations.disableSure(name, format.exact(waiting))} mutation={toggle} run={flip} />
        ) : (
          <Button size="compact-sm" variant="default" loading={toggle.isPending} onClick={() => void flip().catch(() => undefined)}>{words.destinations.enable}</Button>
        )}
        <span className="end">
          <Confirm
            danger act={words.destinations.remove} question={words.destinations.removeSure(name)} mutation={remove}
            run={() => remove.mutateAsync({ params: { path: { name } } }).then(() => navigate({ to: "/destinations" }))}
          />
        </span>
      </div>
      <div role="status">
        {test.data && <Facts rows={[[words.destinations.receipt, <Receipt key="receipt" of={test.data} />]]} />}
        {toggle.data && <State tone="good">{words.destinations.saved}</State>}
      </div>
      {test.error !== null && <Failed error={test.error} />}
      {!enabled && toggle.error !== null && <Failed error={toggle.error} />}
    </div>
  );
}
