import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Record<string, string>;

/** The URL keeps what is looked at; empty means absent. */
export function asSearch(search: Record<string, unknown>): Search {
  const kept: Search = {};
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") kept[name] = String(value);
  }
  return kept;
}

/** One value of the URL's search and its setter. `replace` keeps typing out of the history. */
export function useParam(name: string, fallback = ""): [string, (value: string, replace?: boolean) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = useCallback(
    (value: string, replace = true) => {
      void navigate({
        to: ".",
        replace,
        search: (was: Search) => asSearch({ ...was, [name]: value === fallback ? "" : value }),
      } as never);
    },
    [navigate, name, fallback],
  );
  return [search[name] ?? fallback, set];
}
