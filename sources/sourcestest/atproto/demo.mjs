// An invented resident of an invented council who posts, edits nothing and sometimes thinks better of it.
const lines = [
  'Is Exampleford District Council open on Saturday?',
  'Exampleford District Council has missed our bins on Mill Lane again. Third week running!',
  'Lovely to see the new benches in the park, thank you Exampleford District Council',
  'Potholes on the Westgate road are getting dangerous #Exampleford',
  'What a match last night',
]

async function call(base, nsid, body, jwt) {
  const res = await fetch(`${base}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(jwt ? { authorization: `Bearer ${jwt}` } : {}) },
    body: JSON.stringify(body),
  })
  if (!res.ok) throw new Error(`${nsid}: ${res.status} ${await res.text()}`)
  return res.json()
}

export async function demo(pds) {
  const account = await call(pds, 'com.atproto.server.createAccount', { handle: 'jo-resident.test', email: 'jo@example.test', password: 'demo-demo-demo' })
  console.error('Posting as jo-resident.test. Search with identifier jo-resident.test and app password demo-demo-demo.')
  let n = 0
  const timer = setInterval(async () => {
    try {
      const post = await call(pds, 'com.atproto.repo.createRecord', {
        repo: account.did, collection: 'app.bsky.feed.post',
        record: { $type: 'app.bsky.feed.post', text: `${lines[n % lines.length]} (${n + 1})`, createdAt: new Date().toISOString(), langs: ['en'] },
      }, account.accessJwt)
      if (++n % 7 === 0) await call(pds, 'com.atproto.repo.deleteRecord', { repo: account.did, collection: 'app.bsky.feed.post', rkey: post.uri.split('/').pop() }, account.accessJwt)
    } catch (err) {
      console.error('demo:', err.message)
    }
  }, 3000)
  return async () => clearInterval(timer)
}
