// Starts a whole Bluesky network on this machine and prints one line of JSON when it is ready:
//   {"pds":"http://...","appview":"http://...","jetstream":"ws://.../subscribe","plc":"http://..."}
// It runs until its standard input ends or it is interrupted.
// With --demo it runs until it is interrupted and an invented resident posts every few seconds. Everything it stores is temporary.
import { TestNetwork } from '@atproto/dev-env'
import { freePort, startDatabases } from './databases.mjs'
import { startJetstream } from './jetstream.mjs'
import { demo } from './demo.mjs'

const closers = []
let closing
function close(code) {
  closing ??= (async () => {
    for (const c of closers.reverse()) {
      try { await c() } catch (err) { console.error('close:', err.message) }
    }
    process.exit(code)
  })()
  return closing
}
process.on('SIGINT', () => close(0))
process.on('SIGTERM', () => close(0))

// The packages log to standard output; it is kept for the one line.
const print = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

try {
  const db = await startDatabases()
  closers.push(db.close)
  process.env.DB_POSTGRES_URL = db.postgresUrl
  process.env.REDIS_HOST = db.redisHost
  const network = await TestNetwork.create({
    dbPostgresUrl: db.postgresUrl,
    dbPostgresSchema: 'earshot',
    pds: { port: await freePort(), hostname: 'localhost', enableDidDocWithSession: true },
    plc: { port: await freePort() },
    bsky: { port: await freePort() },
  })
  closers.push(() => network.close())
  const jetstream = await startJetstream({ service: network.pds.url.replace('http', 'ws'), plcUrl: network.plc.url, port: await freePort() })
  closers.push(jetstream.close)
  print(JSON.stringify({ pds: network.pds.url, appview: network.bsky.url, jetstream: jetstream.url, plc: network.plc.url }) + '\n')
  if (process.argv.includes('--demo')) closers.push(await demo(network.pds.url))
  else {
    process.stdin.resume()
    process.stdin.on('end', () => close(0))
  }
} catch (err) {
  console.error(err)
  await close(1)
}
