// A Jetstream (version 1) in front of one server's com.atproto.sync.subscribeRepos: JSON frames, time_us cursors, wantedCollections.
import { IdResolver } from '@atproto/identity'
import { lexToJson } from '@atproto/lexicon'
import { Firehose, MemoryRunner } from '@atproto/sync'
import { WebSocketServer } from 'ws'

const keep = 100_000 // events that a cursor can go back to

export async function startJetstream({ service, plcUrl, port }) {
  const events = []
  let last = 0
  const clients = new Set()
  const server = new WebSocketServer({ port, host: '127.0.0.1', path: '/subscribe' })

  const wanted = (client, evt) =>
    evt.kind !== 'commit' || client.collections.length === 0 ||
    client.collections.some((c) => (c.endsWith('.*') ? evt.commit.collection.startsWith(c.slice(0, -1)) : c === evt.commit.collection))

  const emit = (evt) => {
    last = Math.max(last + 1, Date.now() * 1000)
    const full = { did: evt.did, time_us: last, ...evt }
    events.push(full)
    if (events.length > keep) events.shift()
    for (const c of clients) if (wanted(c, full)) c.ws.send(JSON.stringify(full))
  }

  server.on('connection', (ws, req) => {
    const q = new URL(req.url, 'http://localhost').searchParams
    const client = { ws, collections: q.getAll('wantedCollections') }
    if (q.has('cursor')) {
      const from = Number(q.get('cursor'))
      for (const e of events) if (e.time_us >= from && wanted(client, e)) ws.send(JSON.stringify(e))
    }
    clients.add(client)
    ws.on('close', () => clients.delete(client))
    ws.on('error', () => clients.delete(client))
  })

  const firehose = new Firehose({
    service,
    idResolver: new IdResolver({ plcUrl }),
    unauthenticatedCommits: true,
    unauthenticatedHandles: true,
    runner: new MemoryRunner({ startCursor: 0 }),
    onError: (err) => console.error('firehose:', err.message, err.cause?.message ?? ''),
    handleEvent: (e) => {
      switch (e.event) {
        case 'create':
        case 'update':
          return emit({ did: e.did, kind: 'commit', commit: { rev: e.rev, operation: e.event, collection: e.collection, rkey: e.rkey,
            record: lexToJson(e.record), cid: e.cid.toString() } })
        case 'delete':
          return emit({ did: e.did, kind: 'commit', commit: { rev: e.rev, operation: 'delete', collection: e.collection, rkey: e.rkey } })
        case 'account':
          return emit({ did: e.did, kind: 'account', account: { active: e.active, did: e.did, seq: e.seq, time: e.time, status: e.status } })
        case 'identity':
          return emit({ did: e.did, kind: 'identity', identity: { did: e.did, handle: e.handle, seq: e.seq, time: e.time } })
      }
    },
  })
  firehose.start()
  await new Promise((resolve) => (server.address() ? resolve() : server.once('listening', resolve)))
  return {
    url: `ws://127.0.0.1:${server.address().port}/subscribe`,
    close: async () => {
      await firehose.destroy()
      for (const c of clients) c.ws.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
