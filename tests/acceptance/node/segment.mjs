// Drives @segment/analytics-node against a collector: node segment.mjs URL KEY
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 3, maxRetries: 2 })
const failures = []
analytics.on('error', (error) => failures.push(error))

analytics.identify({ userId: 'node-1', traits: { email: 'Kim@Example.com', plan: 'gold' } })
analytics.track({ userId: 'node-1', event: 'Order Completed', properties: { total: 12.5, currency: 'EUR' } })
analytics.page({ anonymousId: 'anon-1', name: 'Home', properties: { url: 'https://shop.example/?utm_source=mail' } })
analytics.screen({ userId: 'node-1', name: 'Cart' })
analytics.group({ userId: 'node-1', groupId: 'acme', traits: { seats: 5 } })
analytics.alias({ userId: 'node-1', previousId: 'anon-1' })
await analytics.closeAndFlush()
if (failures.length) {
  console.error(failures)
  process.exit(1)
}
