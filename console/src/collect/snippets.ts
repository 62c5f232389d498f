/** Programs that send one event and run as they stand: the address and the write key are filled in. */
export interface Snippet {
  id: string;
  name: string;
  text: string;
}

interface Place {
  edge: string;
  key: string;
}

const curl = ({ edge, key }: Place) => `curl ${edge}/v1/track \\
  -u ${key}: \\
  -H 'Content-Type: application/json' \\
  -d '{"userId": "42", "event": "Order Completed", "properties": {"revenue": 39.9, "currency": "EUR"}}'
`;

const web = ({ edge, key }: Place) => `// npm install @segment/analytics-next
import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = new AnalyticsBrowser();
analytics.load({
  writeKey: "${key}",
  cdnSettings: {
    integrations: {
      "Segment.io": { apiKey: "${key}", apiHost: "${edge.replace(/^https?:\/\//, "")}/v1", protocol: "${edge.startsWith("https") ? "https" : "http"}" },
    },
  },
});

analytics.identify("42", { email: "kim@example.com", name: "Kim Minsu" });
analytics.track("Order Completed", { revenue: 39.9, currency: "EUR" });
`;

const node = ({ edge, key }: Place) => `// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${edge}" });

analytics.identify({ userId: "42", traits: { email: "kim@example.com", name: "Kim Minsu" } });
analytics.track({ userId: "42", event: "Order Completed", properties: { revenue: 39.9, currency: "EUR" } });
await analytics.closeAndFlush();
`;

const python = ({ edge, key }: Place) => `# pip install segment-analytics-python
import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${edge}"

analytics.identify("42", {"email": "kim@example.com", "name": "Kim Minsu"})
analytics.track("42", "Order Completed", {"revenue": 39.9, "currency": "EUR"})
analytics.shutdown()
`;

const rudder = ({ edge, key }: Place) => `# pip install rudder-sdk-python
import rudderstack.analytics as analytics

analytics.write_key = "${key}"
analytics.dataPlaneUrl = "${edge}"

analytics.identify("42", {"email": "kim@example.com", "name": "Kim Minsu"})
analytics.track("42", "Order Completed", {"revenue": 39.9, "currency": "EUR"})
analytics.shutdown()
`;

const MAKERS: readonly [string, string, (place: Place) => string][] = [
  ["curl", "curl", curl],
  ["web", "Browser", web],
  ["node", "Node.js", node],
  ["python", "Python", python],
  ["rudder", "RudderStack Python", rudder],
];

export function snippets(place: Place): readonly Snippet[] {
  return MAKERS.map(([id, name, make]) => ({ id, name, text: make(place) }));
}
