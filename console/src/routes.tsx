import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Oops } from "./frame/boundary";
import { Lost } from "./frame/lost";
import { Shell } from "./frame/shell";
import { Rows } from "./ui/states";
import { asSearch } from "./ui/url";

const root = createRootRoute({ component: Shell, notFoundComponent: Lost, errorComponent: Oops, validateSearch: asSearch });

const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path });

const overview = createRoute({ ...at("/"), component: lazyRouteComponent(() => import("./overview/overview"), "Overview") });

const live = createRoute({ ...at("/live"), component: lazyRouteComponent(() => import("./collect/live"), "Live") });
const liveEvent = createRoute({
  getParentRoute: () => live,
  path: "$position",
  component: lazyRouteComponent(() => import("./collect/live-event"), "LiveEvent"),
});

const sources = createRoute({ ...at("/sources"), component: lazyRouteComponent(() => import("./collect/sources"), "Sources") });
const source = createRoute({
  getParentRoute: () => sources,
  path: "$name",
  component: lazyRouteComponent(() => import("./collect/source"), "Source"),
});

const catalogue = createRoute({ ...at("/catalogue"), component: lazyRouteComponent(() => import("./collect/catalogue"), "Catalogue") });
const catalogueEvent = createRoute({
  getParentRoute: () => catalogue,
  path: "events/$type/$name",
  component: lazyRouteComponent(() => import("./collect/catalogue-event"), "CatalogueEvent"),
});
const quarantine = createRoute({ ...at("/quarantine"), component: lazyRouteComponent(() => import("./collect/quarantine"), "Quarantine") });
const plans = createRoute({ ...at("/plans"), component: lazyRouteComponent(() => import("./collect/plans"), "Plans") });
const plan = createRoute({ ...at("/plans/$name"), component: lazyRouteComponent(() => import("./collect/plan"), "Plan") });

const people = createRoute({ ...at("/people"), component: lazyRouteComponent(() => import("./profile/people"), "People") });
const person = createRoute({ ...at("/people/$profile"), component: lazyRouteComponent(() => import("./profile/person"), "Person") });

const reviews = createRoute({ ...at("/review"), component: lazyRouteComponent(() => import("./identity/reviews"), "Reviews") });
const audiences = createRoute({ ...at("/audiences"), component: lazyRouteComponent(() => import("./audience/audiences"), "Audiences") });
const audience = createRoute({ ...at("/audiences/$name"), component: lazyRouteComponent(() => import("./audience/audience"), "Audience") });

const audienceWhy = createRoute({ ...at("/audiences/$name/why"), component: lazyRouteComponent(() => import("./audience/why/why"), "Why") });
const audienceNew = createRoute({ ...at("/audiences/new"), component: lazyRouteComponent(() => import("./audience/builder/builder"), "NewAudience") });
const audienceEdit = createRoute({ ...at("/audiences/$name/edit"), component: lazyRouteComponent(() => import("./audience/builder/builder"), "EditAudience") });

const lists = createRoute({ ...at("/lists"), component: lazyRouteComponent(() => import("./audience/lists/lists"), "Lists") });
const listNew = createRoute({ getParentRoute: () => lists, path: "new", component: lazyRouteComponent(() => import("./audience/lists/list"), "NewList") });
const list = createRoute({ getParentRoute: () => lists, path: "$name", component: lazyRouteComponent(() => import("./audience/lists/list"), "OneList") });

const traits = createRoute({ ...at("/traits"), component: lazyRouteComponent(() => import("./profile/computed/traits"), "Traits") });
const traitNew = createRoute({ getParentRoute: () => traits, path: "new", component: lazyRouteComponent(() => import("./profile/computed/trait"), "NewTrait") });
const trait = createRoute({ getParentRoute: () => traits, path: "$name", component: lazyRouteComponent(() => import("./profile/computed/trait"), "OneTrait") });

const slots = createRoute({ ...at("/slots"), component: lazyRouteComponent(() => import("./decide/slots"), "Slots") });
const slotNew = createRoute({ getParentRoute: () => slots, path: "new", component: lazyRouteComponent(() => import("./decide/slot"), "NewSlot") });
const slot = createRoute({ getParentRoute: () => slots, path: "$name", component: lazyRouteComponent(() => import("./decide/slot"), "OneSlot") });

const destinations = createRoute({
  ...at("/destinations"),
  component: lazyRouteComponent(() => import("./activate/destinations"), "Destinations"),
});
const destinationNew = createRoute({
  getParentRoute: () => destinations,
  path: "new",
  component: lazyRouteComponent(() => import("./activate/destination-form"), "NewDestination"),
});
const destination = createRoute({
  getParentRoute: () => destinations,
  path: "$name",
  component: lazyRouteComponent(() => import("./activate/destination"), "Destination"),
});
const destinationEdit = createRoute({
  getParentRoute: () => destination,
  path: "edit",
  component: lazyRouteComponent(() => import("./activate/destination-form"), "EditDestination"),
});

const settings = createRoute({ ...at("/settings"), component: lazyRouteComponent(() => import("./settings/settings"), "Settings") });

const tree = root.addChildren([
  overview,
  live.addChildren([liveEvent]),
  sources.addChildren([source]),
  catalogue.addChildren([catalogueEvent]),
  quarantine,
  plans,
  plan,
  people,
  person,
  reviews,
  audiences,
  audience,
  audienceNew,
  audienceEdit,
  lists.addChildren([listNew, list]),
  audienceWhy,
  traits.addChildren([traitNew, trait]),
  slots.addChildren([slotNew, slot]),
  destinations.addChildren([destinationNew, destination.addChildren([destinationEdit])]),
  settings,
]);

export const router = createRouter({
  routeTree: tree,
  // Every value of the URL is text: an identifier such as 00123 or 1e5 is no number.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(asSearch(search)).toString();
    return text && `?${text}`;
  },
  defaultPreload: "intent",
  defaultErrorComponent: Oops,
  defaultPendingComponent: () => <div className="w-page"><Rows /></div>,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
