import "@mantine/core/styles.css";
import "./ui/style.css";
import "./ui/audience.css";
import { MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { asProblem } from "./api/problem";
import { Boundary } from "./frame/boundary";
import { router } from "./routes";
import { loadFonts } from "./ui/fonts";
import { theme, variables } from "./ui/theme";
import { Speaking } from "./words";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
// What locks scrolling under a drawer adds a style of its own and asks for the nonce by this name.
Object.assign(window, { __webpack_nonce__: nonce });

const TRIES = 2;

/** A session that ended shows itself: whoever is refused asks who we are again. */
function refused(error: unknown): void {
  if (asProblem(error).status === 401) void queries.invalidateQueries({ queryKey: ["get", "/api/session"] });
}

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => query.queryKey[1] !== "/api/session" && refused(error) }),
  mutationCache: new MutationCache({ onError: refused }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => asProblem(error).passing && failures < TRIES,
    },
    mutations: { retry: false },
  },
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <Speaking>
        <Boundary>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </Boundary>
      </Speaking>
    </MantineProvider>
  </StrictMode>,
);
loadFonts();
