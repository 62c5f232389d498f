import { Link } from "@tanstack/react-router";
import { api } from "@/api/client";
import { type Tone, State } from "@/ui/values";
import { useFormat, useWords } from "@/words";

const LOOK_MS = 5_000;
const LATE_SECONDS = 60;

/** Asked for by the dot and the overview alike; the cache makes it one request. */
export function useOverview() {
  return api.useQuery("get", "/api/overview", {}, { refetchInterval: LOOK_MS, staleTime: LOOK_MS / 2 });
}

/** One dot: is it well, and how far behind is what I see. */
export function Health() {
  const words = useWords();
  const format = useFormat();
  const query = useOverview();
  const data = query.data;
  const behind = data?.lag.seconds ?? 0;
  const sick = data?.workers.filter((worker) => !worker.healthy) ?? [];
  const tone: Tone = query.isError || sick.length > 0 ? "bad" : !data ? "idle" : behind > LATE_SECONDS ? "warn" : "good";
  const told = query.isError
    ? words.health.unreachable
    : sick.length > 0
      ? words.health.failing(format.list(sick.map((worker) => worker.name)))
      : !data
        ? words.states.loading
        : words.health.behind(format.seconds(behind), format.exact(data.lag.events));
  const lag = query.isError ? words.health.down : data ? words.health.lag(format.seconds(behind)) : "";
  // Whoever speaks to the browser says what they see, so the name has it too (WCAG 2.5.3).
  const name = told.includes(lag) ? told : `${told} · ${lag}`;
  return (
    <Link to="/settings" className="w-health" title={told} aria-label={name}>
      <State tone={tone}>
        <span className="lag w-num">{lag}</span>
      </State>
    </Link>
  );
}
