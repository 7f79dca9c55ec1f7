import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { entriesToSend, layersInArchive, listArchive, sendEntries, type ArchiveEntry } from './archive.ts'

/** What `docker save` of Docker 20.10 wrote of an image with four layers. */
const saved = join(import.meta.dirname, '../../../../test/fixtures/docker/saved.tar')

test('an archive is listed as tar lists it, and its layers are known', async () => {
  await using file = await open(saved)
  const entries = await listArchive(file)
  const listed = execFileSync('tar', ['-tf', saved], { encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(
    entries.map(({ name }) => name),
    listed,
  )
  const layers = await layersInArchive(file, entries)
  assert.equal(layers.length, 4)
  assert.ok(layers.every((name) => listed.includes(name)))
})

test('without its lower layers it is still an archive, with everything else unchanged', async () => {
  await using file = await open(saved)
  const entries = await listArchive(file)
  const layers = await layersInArchive(file, entries)
  const sent = await buffer(sendEntries(saved, entriesToSend(entries, layers, 3)))
  const names = execFileSync('tar', ['-tf', '-'], { input: sent, encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(
    names,
    entries.map(({ name }) => name).filter((name) => !layers.slice(0, 3).includes(name)),
  )
  const content = (input: Buffer | null, name: string): Buffer =>
    execFileSync('tar', ['-xOf', input === null ? saved : '-', name], input === null ? {} : { input })
  for (const name of [layers[3]!, 'manifest.json']) assert.deepEqual(content(sent, name), content(null, name))
})

test('a layer that is used again, or that a link leads to, is sent', () => {
  const entry = (name: string, leadsTo: string | null = null): ArchiveEntry => ({ name, offset: 0, bytes: 0, leadsTo })
  const entries = [entry('a'), entry('b'), entry('c'), entry('d', 'a')]
  const names = (layers: readonly string[], present: number): string =>
    entriesToSend(entries, layers, present)
      .map(({ name }) => name)
      .join('')
  assert.equal(names(['a', 'b', 'c'], 2), 'cd')
  assert.equal(names(['a', 'b', 'a'], 2), 'acd')
  assert.equal(names(['a', 'b', 'd'], 2), 'acd')
  assert.equal(names(['a', 'b', 'c'], 0), 'abcd')
})

test('links are followed as their kind wants it; what is no archive is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-archive-'))
  try {
    writeFileSync(join(folder, 'one'), 'x')
    symlinkSync('../one', join(folder, 'two'))
    const path = join(folder, 'links.tar')
    execFileSync('tar', ['-cf', path, '-C', folder, '--transform', 's,^two,x/two,;s,^one,one,', 'one', 'two'])
    {
      await using file = await open(path)
      assert.equal((await listArchive(file)).find(({ name }) => name === 'x/two')!.leadsTo, 'one')
      await assert.rejects(layersInArchive(file, await listArchive(file)), /no manifest/)
    }
    writeFileSync(path, Buffer.alloc(2048, 'x'))
    await using broken = await open(path)
    await assert.rejects(listArchive(broken), /no tar header at byte 0/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
