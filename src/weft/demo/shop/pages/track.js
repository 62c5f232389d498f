// The shop's side of the browser SDK: @segment/analytics-next as it is published, pointed at the collector.
const settings = JSON.parse(document.getElementById("settings").textContent);
const { host, protocol } = new URL(settings.collector);
const REMEMBERED = `shop:settings:${settings.writeKey}`;
const opened = Date.now();
// Read while the page is whole: on its way out a browser may answer otherwise.
const browser = { userAgent: navigator.userAgent, locale: navigator.language };

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED)) ?? undefined;
  } catch {
    return undefined;
  }
}

// What the collector said of this key is kept, so that a page that is opened while the collector is away still tracks.
export const sdk = globalThis.AnalyticsNext?.AnalyticsBrowser.load(
  { writeKey: settings.writeKey, cdnURL: settings.collector, cdnSettings: remembered() },
  {
    integrations: {
      "Segment.io": {
        apiHost: `${host}/v1`,
        protocol: protocol.replace(":", ""),
        // Each event leaves at once, and goes on leaving when the page is left.
        deliveryStrategy: { strategy: "standard", config: { keepalive: true } },
      },
    },
    updateCDNSettings: (given) => {
      localStorage.setItem(REMEMBERED, JSON.stringify(given));
      return given;
    },
  },
);

export const track = (event, properties) => sdk?.track(event, properties);
export const page = (name, properties) => sdk?.page(name, properties);

/** Say who this is; consent stands in the context, as Segment has it. */
export function identify(userId, traits, consent) {
  const context = { consent: { categoryPreferences: consent } };
  return userId ? sdk?.identify(userId, traits, { context }) : sdk?.identify(traits, { context });
}

export const forget = () => sdk?.reset();

// How long somebody stayed is known only when she leaves, and then nothing but a beacon is sure to get out.
let left = false;
let who = () => ({});
sdk?.ready(() => {
  who = () => ({ anonymousId: sdk.instance.user().anonymousId(), userId: sdk.instance.user().id() ?? undefined });
});
addEventListener("pagehide", () => {
  const { anonymousId, userId } = who();
  if (left || !anonymousId) return;
  left = true;
  const message = {
    type: "track",
    event: "Page Left",
    messageId: crypto.randomUUID(),
    anonymousId,
    userId,
    timestamp: new Date().toISOString(),
    context: browser,
    properties: { path: location.pathname, seconds: Math.round((Date.now() - opened) / 1000) },
  };
  const body = JSON.stringify({ batch: [message], sentAt: message.timestamp });
  navigator.sendBeacon(`${settings.collector}/beacon/v1/batch?writeKey=${settings.writeKey}`, body);
});
