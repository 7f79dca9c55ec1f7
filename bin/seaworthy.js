#!/usr/bin/env node
// Nothing is imported statically: an old Node must get far enough to be told what it needs.
const needed = 24
if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    'Seaworthy needs Node ' + needed + ' or newer; this is ' + process.version + ' (' + process.execPath + ').',
  )
  console.error('-> Install it, or put it in front: npm install --save-dev node@' + needed + ' && npx seaworthy')
  process.exit(2)
}
const { existsSync } = await import('node:fs')
const built = new URL('../dist/cli/entry.js', import.meta.url)
const source = new URL('../src/cli/entry.ts', import.meta.url)
// As it is published: the sources run as they are only where somebody works on them.
if (!existsSync(source)) (await import(new URL('../dist/cli/compile-cache.js', import.meta.url))).keepCompiled()
await import(existsSync(source) ? source : built)
