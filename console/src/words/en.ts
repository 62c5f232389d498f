import { collected } from "./en-collect";
import { identity } from "./en-identity";
import { instance } from "./en-instance";
import { outward } from "./en-outward";
import { history } from "./en-history";
import { people } from "./en-people";

/** English, and the shape that every other language has to fill. */
export const en = {
  product: "Weft",
  units: {
    now: "just now",
    seconds: (n: string) => `${n} s`,
    events: "events",
    eventsOf: (n: number, told: string) => `${told} ${n === 1 ? "event" : "events"}`,
    eventsPerMinute: "events per minute",
    people: "people",
  },
  frame: {
    skip: "Skip to content",
    menu: "Menu",
    screens: "Screens",
    fold: "Collapse menu",
    unfold: "Expand menu",
    language: "Language",
    theme: "Theme",
    themes: { auto: "As the system", light: "Light", dark: "Dark" },
    account: "Account",
    until: (time: string) => `Signed in until ${time}`,
    signOut: "Sign out",
  },
  signIn: {
    title: "Sign in to Weft",
    text: "Weft signs you in with a link, not a password. On the machine that runs it, print one and open it in this browser:",
    command: "Command that prints a sign-in link",
    hint: "A link works once and within a day. Run the command in the workspace's folder, or name the folder with -w.",
    again: "I have signed in",
  },
  lost: {
    title: "Not found",
    what: "There is nothing at this address",
    text: "The link may be old, or what it showed was removed.",
    act: "Go to the overview",
  },
  acts: {
    filter: "Filter",
    retry: "Try again",
    reload: "Reload",
    close: "Close",
    copy: "Copy",
    copied: "Copied",
    sort: "Sort",
    clear: "Clear",
    clearAll: "Clear all filters",
    more: "Show more",
    cancel: "Cancel",
    save: "Save",
    delete: "Delete",
    all: "All",
    open: "Open",
  },
  states: {
    loading: "Loading",
    cut: "the rest is not shown",
    end: "That is all.",
  },
  problems: {
    requestId: "Request",
    stale: "This could not be refreshed. What you see may be old.",
    updated: "Weft was updated while this page was open. Reload to use the new version.",
    of: (status: number, code: string): { what: string; todo: string } => {
      if (code === "console")
        return { what: "This part of the page broke", todo: "Your data is safe. Reload the page; if it breaks again, please report it." };
      if (status === 0)
        return { what: "Weft does not answer", todo: "Events are still collected if the edge is up. Check that `weft up` is running, then try again." };
      if (status === 401) return { what: "Your session has ended", todo: "Open a new sign-in link: `weft token link`." };
      if (status === 403) return { what: "Your session may not do this", todo: "Sign in with a token that has the scope named above." };
      if (status === 404) return { what: "This is not here", todo: "It may be gone, or have a new name. A new event needs a moment to arrive." };
      if (status === 413) return { what: "That is too large", todo: "Make it smaller and send it again. Nothing was changed." };
      if (status === 429) return { what: "Too many requests", todo: "Wait a moment, then try again." };
      if (status >= 500)
        return { what: "Weft could not do this", todo: "Nothing was lost. Try again; the log explains it under the request id." };
      return { what: "This cannot be taken as it is", todo: "Correct what is named above and try again. Nothing was changed." };
    },
  },
  health: {
    unreachable: "Weft does not answer",
    failing: (names: string) => `Failing: ${names}`,
    behind: (seconds: string, events: string) => `Well. ${seconds} behind, ${events} events waiting`,
    lag: (seconds: string) => `${seconds} behind`,
    down: "Down",
    well: "Well",
    ill: "Failing",
  },
  palette: {
    open: "Search or go to",
    hint: "A name, an identifier, an audience, an event",
    nothing: "Nothing found.",
    screen: "Screen",
    action: "Action",
    person: "Person",
    audience: "Audience",
    event: "Event",
  },
  charts: { show: "Show the data", hide: "Show the chart", nothing: "Nothing in this time." },
  tables: {
    menu: (label: string) => `Columns and export: ${label}`,
    columns: "Columns",
    export: "Export as CSV",
    gathering: (rows: string) => `${rows} rows gathered`,
    exported: (rows: string) => `${rows} rows saved`,
    cut: (rows: string) => `Only the first ${rows} rows were saved. Narrow the filter to get the rest.`,
  },
  columns: {
    time: "Time",
    type: "Type",
    event: "Event",
    source: "Source",
    person: "Person",
    identifiers: "Identifiers",
    properties: "Properties",
    name: "Name",
    lastSeen: "Last seen",
    firstSeen: "First seen",
    events: "Events",
    audiences: "Audiences",
    audience: "Audience",
    size: "People",
    entered: "Entered",
    exited: "Exited",
    since: "Since",
    status: "Status",
    destination: "Destination",
    kind: "Kind",
    attempts: "Attempts",
    reason: "Reason",
    detail: "Detail",
    received: "Received",
    property: "Property",
    example: "Example",
    volume: "Volume",
    value: "Value",
    origin: "From",
    setting: "Setting",
    created: "Created",
    expires: "Ends",
    scopes: "May",
    worker: "Worker",
    done: "Done",
    failures: "Failures",
    check: "Check",
    hours: "Last 24 hours",
    refused: "Refused",
  },
  series: {
    accepted: "Accepted",
    imported: "Imported",
    quarantined: "Quarantined",
    known: "Known",
    anonymous: "Anonymous",
    entered: "Entered",
    exited: "Exited",
    members: "Members",
  },
  types: {
    track: "track", identify: "identify", page: "page", screen: "screen", group: "group", alias: "alias", record: "record",
  } as Record<string, string>,
  deliveryStates: {
    pending: "Waiting", leased: "Sending", retry: "Will be tried again", delivered: "Delivered", dead: "Dead letter",
    denied: "Denied", in_doubt: "In doubt",
  } as Record<string, string>,
  overview: {
    title: "Overview",
    rate: "Events per minute",
    rateNote: "mean of the last 5 minutes",
    known: "Known people",
    anonymous: "Anonymous people",
    lag: "Behind",
    lagNote: (events: string) => `${events} events waiting`,
    accepted: "Events, ever",
    lastHour: "Events of the last hour",
    change: (share: string) => `${share} vs the hour before`,
    shareKnown: (share: string) => `${share} of all`,
    imported: (n: string) => `and ${n} imported`,
    delivered: "Delivered",
    waits: "Waiting",
    held: "Held back",
    movements: "Audience movements",
    movementsMeta: "last 24 hours",
    deliveries: "Deliveries",
    attention: "Needs attention",
    attentionOf: (kind: string, subject: string, n: (name: string) => string): { what: string; todo: string } => {
      switch (kind) {
        case "worker":
          return { what: `The worker ${subject} fails`, todo: `${n("failures")} failures in a row. Its lines in the log say why.` };
        case "behind":
          return { what: `Profiles are ${n("seconds")} s behind`, todo: `${n("events")} events wait. This is usual after an import; else look at the workers.` };
        case "circuit_open":
          return { what: `${subject} takes nothing`, todo: `${n("waiting")} items wait. Last error: ${n("last_error") || "none"}. Weft keeps trying.` };
        case "dead_letters":
          return { what: `${subject} has ${n("items")} dead letters`, todo: "Mend the cause, then send them again." };
        case "in_doubt":
          return { what: `${n("items")} deliveries to ${subject} are in doubt`, todo: "No answer came. Ask the receiver before you send again." };
        case "quarantine":
          return { what: `More events are refused: ${subject}`, todo: `${n("events")} in the last hour (${n("share_percent")} %), ${n("before")} in the hour before.` };
        case "disk":
          return { what: "The disk is nearly full", todo: `${n("free_bytes")} of ${n("total_bytes")} free. Make room, or keep less for replay.` };
        case "set_aside":
          return { what: `${subject || n("path")} has faults`, todo: `${n("kept") === "1" ? "Its last good state stays in force until you mend it." : "It is out of force until you mend it; nobody enters or leaves meanwhile."} ${n("path")}: ${n("text")}` };
        case "sql_run":
          return { what: `The SQL of ${subject} failed`, todo: `${n("kept") === "1" ? "The values of the run before stay." : "It has no values yet."} ${n("text")}` };
        case "definition": {
          const told = instance.checks.doubt(n("doubt"), n);
          return told ? { what: `${subject} ${told.what}`, todo: `${told.todo} ${n("path")}` } : { what: `A doubt about ${subject}`, todo: `${n("path")} ${n("text")}` };
        }
        default:
          return { what: subject || kind, todo: "" };
      }
    },
    severities: { critical: "Critical", warning: "Warning", info: "Note" } as Record<string, string>,
    calm: "Nothing needs attention. All workers are well, all destinations take what is sent.",
    noAudiences: { title: "No audiences yet", text: "An audience is a rule over traits and events. Write one as a file and Weft keeps its members current.", command: "definitions/audiences/big_spenders.yaml" },
    noDestinations: { title: "No destinations yet", text: "A destination is where Weft sends what it knows: a webhook, a mail service, an ad platform." },
    waiting: { title: "Waiting for your first event", text: "Send one from a terminal, then watch it arrive. It takes about a second." },
  },
  ...people,
  ...history,
  ...identity,
  ...collected,
  ...instance,
  ...outward,
};
