// What the pages do beyond HTML: tell of new mentions, keys, progress of an upload. Without it every page works.
(() => {
  'use strict'
  const $ = (selector, root = document) => root.querySelector(selector)
  const all = (selector) => [...document.querySelectorAll(selector)]

  // --- new mentions ---
  const live = $('#live')
  const heading = $('[data-count]')

  function tell(text) {
    live.textContent = text + ' '
    const link = document.createElement('a')
    link.className = 'govuk-link'
    link.href = location.pathname + location.search.replace(/[?&](cursor|back|done)=[^&]*/g, '').replace(/^&/, '?')
    link.textContent = 'Show'
    live.append(link)
    live.hidden = false
  }
  const counted = (n) => (n === 1 ? '1 new mention.' : n + ' new mentions.')

  // On a search only mentions that match count, so the server is asked; elsewhere the stream itself is counted.
  async function recount() {
    const answer = await fetch(heading.dataset.count, { headers: { Accept: 'application/json' } })
    if (!answer.ok) return
    const more = (await answer.json()).total - Number(heading.dataset.total)
    if (more > 0) tell(counted(more))
  }

  function listen() {
    const stream = new EventSource('/api/v1/stream')
    let seen = 0
    let waiting = false
    let hello = false
    stream.addEventListener('hello', () => {
      if (hello) tell('The connection was away for a while; there may be new mentions.')
      hello = true
    })
    stream.addEventListener('lost', () => tell('There are many new mentions.'))
    stream.addEventListener('new', () => {
      if (!heading) return tell(counted(++seen))
      if (waiting) return
      waiting = true
      setTimeout(() => { waiting = false; recount().catch(() => {}) }, 1000)
    })
    addEventListener('pagehide', () => stream.close())
  }
  if (live && 'EventSource' in window) listen()

  // --- keys ---
  const keys = $('#keys')
  let before = ''
  function move(step) {
    const links = all('[data-row] [data-open]')
    if (!links.length) return
    const here = links.indexOf(document.activeElement)
    const next = links[Math.min(Math.max(here + step, 0), links.length - 1)]
    next.focus()
    next.closest('[data-row]').scrollIntoView({ block: 'nearest' })
  }
  const go = (selector) => { const el = $(selector); if (el) el.click() }
  const actions = {
    '?': () => keys.showModal(),
    '/': () => { const q = $('#q'); if (q) q.focus(); else location.href = '/search' },
    j: () => move(1),
    k: () => move(-1),
    n: () => go('a[rel=next]'),
    p: () => go('a[rel=prev]'),
    a: () => go('[data-key=a]'),
    r: () => { const d = $('#relabel'); if (d) { d.open = true; $('input[type=checkbox]', d).focus() } },
    gt: () => { location.href = '/' },
    gi: () => { location.href = '/incidents' }
  }
  document.addEventListener('keydown', (e) => {
    if (!keys || keys.open || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input:not([type=checkbox],[type=radio]), textarea, select')) return
    const action = actions[before + e.key] || actions[e.key]
    before = e.key === 'g' ? 'g' : ''
    if (action) { e.preventDefault(); action() }
  })

  // --- a form is sent once; a problem gets the focus ---
  for (const form of all('form[method=post]:not([data-report])')) {
    form.addEventListener('submit', (e) => {
      if (form.dataset.sent) e.preventDefault()
      form.dataset.sent = '1'
    })
  }
  addEventListener('pageshow', () => all('form[data-sent]').forEach((f) => delete f.dataset.sent))
  const problem = $('#problem') || $('#result')
  if (problem) problem.focus()

  // --- the test of a source: it takes a while, and says so ---
  const trial = $('form[data-try]')
  if (trial) {
    const said = $('#try-progress')
    trial.addEventListener('submit', (e) => {
      if (!e.submitter || e.submitter.value !== 'test' || $('progress', said)) return
      const bar = document.createElement('progress')
      bar.max = 20
      bar.setAttribute('aria-label', 'Time since the platform was asked, of at most 20 seconds')
      said.textContent = 'Asking the platform. This takes up to 20 seconds.'
      said.append(bar)
      const began = Date.now()
      const clock = setInterval(() => { bar.value = Math.min(20, (Date.now() - began) / 1000) }, 500)
      addEventListener('pagehide', () => { clearInterval(clock); said.textContent = '' }, { once: true })
    })
  }

  // --- an export is sent: large files take a while ---
  const handed = $('form[data-import]')
  if (handed) {
    handed.addEventListener('submit', () => {
      const said = $('#import-progress')
      said.textContent = 'Sending and reading the file.'
      const bar = document.createElement('progress')
      bar.setAttribute('aria-label', 'Sending and reading the file')
      said.append(bar)
      addEventListener('pagehide', () => { said.textContent = '' }, { once: true })
    })
  }

  // --- the report: what was chosen, and how far it is ---
  const report = $('form[data-report]')
  if (!report) return
  const input = $('#files')
  const list = $('#file-list')
  const said = $('#progress')
  const size = (n) => (n >= 1048576 ? (n / 1048576).toFixed(1) + ' MB' : Math.ceil(n / 1024) + ' kB')

  function chosen() {
    list.textContent = ''
    const most = Number(input.dataset.most)
    const bytes = Number(input.dataset.bytes)
    for (const [i, file] of [...input.files].entries()) {
      const item = document.createElement('li')
      item.textContent = file.name + ', ' + size(file.size)
      const fault = i >= most ? 'one picture too many; one report takes ' + most : file.size > bytes ? 'larger than ' + size(bytes) : ''
      if (fault) {
        item.className = 'ear-files__bad'
        item.textContent += ': ' + fault
      }
      list.append(item)
    }
  }
  input.addEventListener('change', chosen)

  // One request carries all pictures in their order, so the bytes sent say how far each of them is.
  function progress(sent) {
    let start = 0
    for (const [i, file] of [...input.files].entries()) {
      const item = list.children[i]
      let bar = $('progress', item)
      if (!bar) {
        bar = document.createElement('progress')
        bar.max = file.size || 1
        bar.setAttribute('aria-label', file.name)
        item.append(bar)
      }
      bar.value = Math.max(0, Math.min(file.size, sent - start))
      start += file.size
    }
  }

  report.addEventListener('submit', (e) => {
    e.preventDefault()
    if (report.dataset.sent) return
    report.dataset.sent = '1'
    const again = (text) => { delete report.dataset.sent; said.textContent = text }
    const request = new XMLHttpRequest()
    request.open('POST', '/api/v1/reports')
    request.setRequestHeader('X-Form-Token', $('[name=form_token]', report).value)
    request.setRequestHeader('Idempotency-Key', $('[name=key]', report).value)
    request.responseType = 'json'
    request.upload.onprogress = (p) => {
      progress(p.loaded)
      const percent = p.lengthComputable ? Math.floor(p.loaded / p.total * 100) : 0
      said.textContent = percent < 100 ? 'Sending: ' + percent + ' %' : 'Sent. It is being stored safely.'
    }
    request.onload = () => {
      const answer = request.response || {}
      if (request.status === 201) { location.href = new URL(answer.status_url).pathname + new URL(answer.status_url).search + '&sent=1'; return }
      if (request.status === 401) { again('You were signed out. Open Earshot in another tab, sign in, and send it again here.'); return }
      again((answer.detail || 'It could not be sent.') + ' What you typed is still here.')
    }
    request.onerror = () => again('The connection broke off. What you typed is still here; send it again. It will not arrive twice.')
    said.textContent = 'Sending'
    request.send(new FormData(report))
  })
})()
