import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** Reads what a page shows again as soon as something that is looked at often has changed. told: what it says now; paths: of the API. */
export function useFollowed(told: string | undefined, paths: readonly string[]): void {
  const queries = useQueryClient();
  const before = useRef(told);
  useEffect(() => {
    if (before.current !== undefined && told !== undefined && before.current !== told) {
      for (const path of paths) void queries.invalidateQueries({ queryKey: ["get", path] });
    }
    before.current = told;
  }, [told, paths, queries]);
}
