import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "@/api/client";
import { useMay } from "@/frame/session";
import { nameOf } from "./name";

/** What the people of a list are called, by profile id; empty for a token that may not read profiles. */
export function useNames(profiles: readonly string[]): ReadonlyMap<string, string> {
  const may = useMay("profiles");
  const wanted = [...new Set(profiles)].sort().slice(0, MOST);
  const query = api.useQuery(
    "get", "/api/people", { params: { query: { profile: wanted } } },
    { enabled: may && wanted.length > 0, staleTime: 60_000, placeholderData: (before) => before },
  );
  return useMemo(() => new Map(query.data?.people.map((each) => [each.profile_id, nameOf(each)])), [query.data]);
}

/** A person in a list of something else: the name where there is one, else the end of the profile id. */
export function PersonLink({ profile, names }: { profile: string; names: ReadonlyMap<string, string> }) {
  const name = names.get(profile);
  return (
    <Link to="/people/$profile" params={{ profile }} className={name ? "w-cut" : "w-mono"} title={name ?? profile} dir="auto">
      {name || profile.slice(-8)}
    </Link>
  );
}

const MOST = 500;
