// Drives @rudderstack/rudder-sdk-node against a collector: node rudder.mjs URL KEY
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const [dataPlaneUrl, writeKey] = process.argv.slice(2)
const Client = RudderAnalytics.default ?? RudderAnalytics
const client = new Client(writeKey, { dataPlaneUrl, flushAt: 10, maxRetries: 2 })

client.identify({ userId: 'node-1', traits: { email: 'Kim@Example.com', plan: 'gold' } })
client.track({ userId: 'node-1', event: 'Order Completed', properties: { total: 12.5, currency: 'EUR' } })
client.page({ anonymousId: 'anon-1', name: 'Home', properties: { url: 'https://shop.example/?utm_source=mail' } })
client.screen({ userId: 'node-1', name: 'Cart' })
client.group({ userId: 'node-1', groupId: 'acme', traits: { seats: 5 } })
client.alias({ userId: 'node-1', previousId: 'anon-1' })
await new Promise((resolve, reject) => client.flush((error) => (error ? reject(error) : resolve())))
process.exit(0)
