import { Button, Skeleton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect } from "react";
import { api, client, rememberClock, rememberCsrf, type Schema } from "@/api/client";
import { asProblem } from "@/api/problem";
import { Code } from "@/ui/code";
import { Failed } from "@/ui/states";
import { useWords } from "@/words";

type Session = Schema["SessionView"];

const Current = createContext<Session | null>(null);

const CHECK_MS = 60_000;

/** Shows the console to whoever is signed in, and to others how to sign in. */
export function Signed({ children }: { children: ReactNode }) {
  const query = api.useQuery("get", "/api/session", {}, { refetchInterval: CHECK_MS, retry: false });
  if (query.isError && asProblem(query.error).status === 401) return <SignIn again={() => void query.refetch()} />;
  if (query.data) {
    rememberCsrf(query.data.csrf);
    rememberClock(query.data.now, query.dataUpdatedAt);
    comeBack();
    return <Current.Provider value={query.data}>{children}</Current.Provider>;
  }
  if (query.isError)
    return (
      <div className="w-page">
        <Failed error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  return <Skeleton height={48} radius={0} aria-hidden="true" />;
}

export function useSession(): Session {
  const session = useContext(Current);
  if (!session) throw new Error("Only the signed-in part knows the session.");
  return session;
}

/** Whether the session may do this; what it may not is not offered. */
export function useMay(scope: Session["scopes"][number]): boolean {
  const { scopes } = useSession();
  return scopes.includes(scope) || scopes.includes("admin");
}

export function useSignOut(): () => void {
  const queries = useQueryClient();
  return useCallback(() => {
    void client.DELETE("/api/session").finally(() => {
      queries.clear();
      window.location.assign("/");
    });
  }, [queries]);
}

const PLACE = "weft.place";

/** A sign-in link leads to the first screen; from there whoever was asked to sign in elsewhere is taken back. */
function comeBack(): void {
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  if (place && window.location.pathname === "/") window.location.replace(place);
}

function SignIn({ again }: { again: () => void }) {
  const words = useWords();
  useEffect(() => {
    const { pathname, search } = window.location;
    if (pathname !== "/") sessionStorage.setItem(PLACE, pathname + search);
  }, []);
  return (
    <main className="w-sign">
      <div>
        <img src="/favicon.svg" width="40" height="40" alt="" />
        <h1>{words.signIn.title}</h1>
        <p className="w-plain">{words.signIn.text}</p>
        <Code text="weft token link" label={words.signIn.command} />
        <p className="w-meta">{words.signIn.hint}</p>
        <Button variant="default" onClick={again}>
          {words.signIn.again}
        </Button>
      </div>
    </main>
  );
}
