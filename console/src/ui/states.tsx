import { Anchor, Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asProblem } from "@/api/problem";
import { useWords } from "@/words";
import { Code } from "./code";

const WIDTHS = ["62%", "88%", "74%", "92%", "68%", "81%"];

/** The shape of what comes. */
export function Rows({ count = 6 }: { count?: number }) {
  const words = useWords();
  return (
    <div role="status" aria-label={words.states.loading}>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={14} my={11} width={WIDTHS[index % WIDTHS.length] ?? "80%"} />
      ))}
    </div>
  );
}

/** What happened, what is safe, what to do, and the id that the server's log has. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = useWords();
  const problem = asProblem(error);
  const told = words.problems.of(problem.status, problem.code);
  return (
    <div className="w-failed" role="alert">
      <strong>{told.what}</strong>
      {problem.detail && <span>{problem.detail}</span>}
      {problem.faults.length > 0 && (
        <ul>{problem.faults.map((fault) => <li key={fault}>{fault}</li>)}</ul>
      )}
      <span>{told.todo}</span>
      {problem.requestId && (
        <span className="w-meta">
          {words.problems.requestId} <span className="w-mono">{problem.requestId}</span>
        </span>
      )}
      {retry && problem.passing && (
        <Button size="compact-sm" variant="default" onClick={retry}>
          {words.acts.retry}
        </Button>
      )}
    </div>
  );
}

interface EmptyProps {
  title: string;
  text: string;
  command?: string;
  act?: ReactNode;
}

/** Says what belongs here and gives the one next action. */
export function Empty({ title, text, command, act }: EmptyProps) {
  return (
    <div className="w-empty">
      <svg width="120" height="48" viewBox="0 0 120 48" fill="none" stroke="currentColor" aria-hidden="true">
        <path d="M0 8h120M0 24h120M0 40h120" opacity=".25" />
        <path d="M0 8h34M42 8h18M0 24h26M42 24h30M0 40h40M48 40h12" strokeWidth="4" strokeLinecap="round" opacity=".45" />
        <path d="M104 8h12M98 24h18M108 40h8" strokeWidth="4" strokeLinecap="round" opacity=".8" />
      </svg>
      <strong>{title}</strong>
      <span>{text}</span>
      {command && <Code text={command} />}
      {act}
    </div>
  );
}

interface AskProps<T> {
  query: UseQueryResult<T, unknown>;
  shape?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Loading, failed or there. What was there stays visible when a later look fails, with a note. */
export function Ask<T>({ query, shape, children }: AskProps<T>) {
  const words = useWords();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && (
          <div className="w-note" role="status">
            {words.problems.stale}{" "}
            <Anchor component="button" type="button" onClick={() => void query.refetch()}>
              {words.acts.retry}
            </Anchor>
          </div>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return shape ?? <Rows />;
}
