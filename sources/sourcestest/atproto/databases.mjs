// PostgreSQL and Redis in a temporary folder, on free ports of loopback, gone when the network closes.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

export function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer()
    s.once('error', reject)
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address()
      s.close(() => resolve(port))
    })
  })
}

export async function waitForPort(port, child, what) {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`${what} ended with code ${child.exitCode}`)
    const open = await new Promise((resolve) => {
      const c = net.connect(port, '127.0.0.1', () => { c.destroy(); resolve(true) })
      c.once('error', () => resolve(false))
    })
    if (open) return
    await new Promise((r) => setTimeout(r, 100))
  }
  throw new Error(`${what} did not open port ${port}`)
}

function postgresBin() {
  const base = '/usr/lib/postgresql'
  if (existsSync(base)) {
    for (const v of readdirSync(base).sort().reverse()) {
      const dir = path.join(base, v, 'bin')
      if (existsSync(path.join(dir, 'initdb'))) return dir
    }
  }
  return process.env.POSTGRES_BIN ?? ''
}

function stop(child) {
  if (child.exitCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGINT')
  })
}

// startDatabases returns { postgresUrl, redisHost, close }.
export async function startDatabases() {
  const dir = mkdtempSync(path.join(tmpdir(), 'earshot-atproto-'))
  const children = []
  const close = async () => {
    for (const c of children.reverse()) await stop(c)
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    const redisPort = await freePort()
    const redis = spawn('redis-server', ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
      { stdio: 'ignore', detached: true })
    redis.on('error', () => {})
    children.push(redis)
    await waitForPort(redisPort, redis, 'redis-server')

    const bin = postgresBin()
    const data = path.join(dir, 'postgres')
    mkdirSync(data)
    // PostgreSQL refuses to run as root; Debian's package made a user for it.
    const as = {}
    if (process.getuid() === 0) {
      as.uid = Number(execFileSync('id', ['-u', 'postgres'])); as.gid = Number(execFileSync('id', ['-g', 'postgres']))
      chownSync(dir, as.uid, as.gid)
      chownSync(data, as.uid, as.gid)
    }
    execFileSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'pg', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...as, cwd: dir, stdio: 'ignore' })
    const pgPort = await freePort()
    const pg = spawn(path.join(bin, 'postgres'), ['-D', data, '-p', String(pgPort), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${dir}`,
      '-c', 'fsync=off', '-c', 'max_connections=200'], { ...as, cwd: dir, stdio: 'ignore', detached: true })
    children.push(pg)
    await waitForPort(pgPort, pg, 'postgres')
    return { postgresUrl: `postgresql://pg@127.0.0.1:${pgPort}/postgres`, redisHost: `127.0.0.1:${redisPort}`, close }
  } catch (err) {
    await close()
    throw err
  }
}
