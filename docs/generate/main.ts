/** Writes the reference pages: `npm run docs`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages } from './pages.ts'

const root = join(import.meta.dirname, '..', '..')
for (const [path, text] of Object.entries(await pages())) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(`${path} is written`)
}
