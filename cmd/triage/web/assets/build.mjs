// Builds ../static: one stylesheet, one script, one icon, each with a hash of its content in its name, and manifest.json that names them.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, '..', 'static')

const css = compile(join(here, 'src', 'earshot.scss'), {
  loadPaths: [join(here, 'node_modules'), here], // MOJ Frontend names node_modules itself
  style: 'compressed',
  quietDeps: true
}).css.replace(/url\(["']?\/assets\/[^)]*\)/g, 'none') // MOJ's icons, which no page uses
if (css.includes('GDS Transport')) throw new Error('the stylesheet names GDS Transport, which is GOV.UK\'s alone')
for (const [, address] of css.matchAll(/url\(["']?([^)]{0,40})/g)) {
  if (!address.startsWith('data:')) throw new Error(`the stylesheet fetches ${address}, which is not served`)
}
const files = {
  'earshot.css': css,
  'earshot.js': readFileSync(join(here, 'src', 'earshot.js'), 'utf8'),
  'icon.svg': readFileSync(join(here, 'src', 'icon.svg'), 'utf8')
}

mkdirSync(out, { recursive: true })
for (const name of readdirSync(out)) {
  if (name !== 'README') rmSync(join(out, name))
}
const manifest = {}
for (const [name, content] of Object.entries(files)) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  manifest[name] = name.replace('.', `-${hash}.`)
  writeFileSync(join(out, manifest[name]), content)
}
writeFileSync(join(out, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n')
