import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "@/words";

/** Says once that something loads, whatever its shape. */
function Loading({ children }: { children: ReactNode }) {
  const words = useWords();
  return (
    <div role="status" aria-label={words.states.loading}>
      {children}
    </div>
  );
}

const CELLS = ["72%", "54%", "86%", "64%"];

/** A table that comes: a head and rows of the right height. */
export function TableShape({ rows = 8, columns = 4 }: { rows?: number; columns?: number }) {
  return (
    <Loading>
      {Array.from({ length: rows + 1 }, (_, row) => (
        <div className={row === 0 ? "w-shape head" : "w-shape"} key={row}>
          {Array.from({ length: columns }, (_, column) => (
            <Skeleton key={column} height={row === 0 ? 8 : 12} width={column === 0 ? (CELLS[row % CELLS.length] ?? "70%") : "60%"} />
          ))}
        </div>
      ))}
    </Loading>
  );
}

/** A row of figures that comes. */
export function FiguresShape({ count = 5 }: { count?: number }) {
  return (
    <Loading>
      <div className="w-figures">
        {Array.from({ length: count }, (_, index) => (
          <div key={index}>
            <Skeleton height={8} width={88} my={4} />
            <Skeleton height={28} width={72} my={6} />
            <Skeleton height={8} width={96} my={4} />
          </div>
        ))}
      </div>
    </Loading>
  );
}

export function ChartShape({ height = 200 }: { height?: number }) {
  return (
    <Loading>
      <Skeleton height={12} width={180} mb={12} />
      <Skeleton height={height} />
    </Loading>
  );
}

/** A figure that is being counted; it takes a moment after a start. */
export function Wait() {
  return (
    <Loading>
      <Skeleton height={28} width={64} my={4} />
    </Loading>
  );
}
