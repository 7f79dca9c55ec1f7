import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../../core/problem.ts'
import { scrubOf, type Scrub } from '../../../core/scrub.ts'
import { filesMoved } from '../../moved.ts'
import type { Release } from '../../release.ts'
import { readSource } from '../../source.ts'
import type { Command } from '../command.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { entriesToSend, layersInArchive, listArchive, sendEntries } from './archive.ts'
import { BASES, knownRuntime, pinned, type Bases } from './base.ts'
import {
  buildImage,
  pullImage,
  inspectImages,
  listImages,
  loadImage,
  readDriver,
  saveImage,
  type Host,
} from './commands.ts'
import { writeContext, writeOwnContext } from './context.ts'
import { basesOf, builtWith, generatedDockerfile, imageOf } from './image-of.ts'
import { mustNotBeRoot } from './image-user.ts'
import { mustHaveEntry } from './own-entry.ts'
import { hasDockerfile } from './own-dockerfile.ts'
import { LABEL } from '../labels.ts'
import { imagesIn, isContainerdStore, planTransfer, type ImageLook, type Transfer } from './transfer.ts'

/** Images of an engine that are compared with one that is to be brought there. */
const IMAGES_MAX = 500

export interface BuildOptions {
  readonly host: Host
  readonly run: RunOptions
  readonly projectFolder: string
  readonly keptOut: readonly string[]
  /** @default BASES */
  readonly bases?: Bases
  /** For what a build says: its files may hold what nobody is to see. @default takes the passwords out of URLs */
  readonly scrub?: Scrub
}

/** The image on an engine, null where it is not. */
export async function lookAtImage(host: Host, name: string, run: RunOptions): Promise<ImageLook | null> {
  const { code, stdout } = await runCommand(inspectImages(host, [name]), run)
  return code === 0 ? (imagesIn(stdout)[0] ?? null) : null
}

/**
 * Has the image of a service on the engine and returns its name: made of the service's files, by its own Dockerfile where
 * there is one, or fetched where the service names one.
 * @throws Problem `deploy.moved` `deploy.build-failed` `image.no-base` `image.not-there` `image.root` `promote.files-gone`
 * `target.not-yet` `target.tool-failed`
 */
export async function makeImage(release: Release, service: string, options: BuildOptions): Promise<string> {
  const { host, run, bases = BASES } = options
  const declared = release.config.services[service]!
  const name = imageOf(release, service, bases)
  const there = await lookAtImage(host, name, run)
  if (there === null && release.promoted !== undefined) throw imageGone(service, name)
  if (there === null && declared.run.kind === 'image') await haveBase(host, name, run)
  else if (there === null) await buildOf(release, service, name, options)
  const look = there ?? (await mustHaveImage(host, name, run))
  mustNotBeRoot(service, look)
  mustHaveEntry(service, declared, look)
  return name
}

function imageGone(service: string, id: string): Problem {
  return new Problem('promote.files-gone', `the image of ${service} that was proven is gone: ${id}`, {
    hint: 'Somebody has pruned it, or it is on another engine. Make a new plan: `seaworthy promote FROM TO`.',
  })
}

async function buildOf(release: Release, service: string, name: string, options: BuildOptions): Promise<void> {
  const { host, run, projectFolder, keptOut, bases = BASES, scrub = scrubOf({}) } = options
  const { config, artifacts } = release
  const declared = config.services[service]!
  const source = await readSource(projectFolder, declared, keptOut)
  if (source.hash !== artifacts[service]) throw filesMoved(release, service, source)
  const isOwn = hasDockerfile(declared, source)
  const pins = isOwn ? bases : await pinnedBases(host, bases, basesOf(service, declared), run)
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-image-'))
  try {
    if (isOwn) await writeOwnContext(folder, source)
    else {
      const runtime = declared.run.kind === 'static' ? 'node' : knownRuntime(declared)!
      const dockerfile = generatedDockerfile(service, declared, pins)
      await writeContext(folder, { source, service: declared, runtime, dockerfile })
    }
    const command = buildCommand(release, service, { host, folder, bases, isOwn })
    const { code, lastLines } = await runCommand(command, { ...run, streams: true })
    if (code === 0) return
    throw new Problem('deploy.build-failed', `the image of ${service} could not be built: docker exited with ${code}`, {
      hint: 'The last lines name the step; the base image has to be on the engine, or in a registry that it reaches.',
      details: lastLines.map((line) => `| ${scrub(line)}`),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The command that makes it.
 * @param place `folder`: of the context; `isOwn`: the service's own Dockerfile is in it
 */
export function buildCommand(
  release: Release,
  service: string,
  { host, folder, bases, isOwn = false }: { host: Host; folder: string; bases: Bases; isOwn?: boolean },
): Command {
  const { config, artifacts } = release
  const { build, env } = config.services[service]!
  const [built] = builtWith(config.services[service]!)
  const labels = {
    [LABEL.app]: config.name,
    [LABEL.service]: service,
    [LABEL.artifact]: artifacts[service]!,
    ...(isOwn ? { [LABEL.entry]: 'own' } : {}),
    ...(built === undefined ? {} : { [LABEL.built]: built }),
  }
  const name = imageOf(release, service, bases)
  return buildImage(host, folder, { name, labels, variables: isOwn || build === null ? {} : env })
}

async function pinnedBases(
  host: Host,
  bases: Bases,
  needed: readonly (keyof Bases)[],
  run: RunOptions,
): Promise<Bases> {
  const pins = { ...bases }
  for (const key of needed) {
    const reference = bases[key]
    if (reference !== undefined) pins[key] = await haveBase(host, reference, run)
  }
  return pins
}

/** Fetched before it is used, so that the digest under which it came is known when the Dockerfile is written. */
async function haveBase(host: Host, reference: string, run: RunOptions): Promise<string> {
  const there = await lookAtImage(host, reference, run)
  if (there !== null) return pinned(reference, there.digests)
  const { lastLines } = await runCommand(pullImage(host, reference), run)
  const fetched = await lookAtImage(host, reference, run)
  if (fetched !== null) return pinned(reference, fetched.digests)
  throw new Problem('image.not-there', `the image ${reference} is not on ${host ?? 'the engine'}, nor to be fetched`, {
    hint: 'Let the engine reach its registry, or bring the image there: `docker save` on one machine, `docker load` on the other.',
    details: lastLines.map((line) => `| ${line}`),
  })
}

/** Brings an image from one engine to another without a registry, layers that are there already left out. Says what it did. */
export async function bringImage(name: string, from: Host, to: Host, run: RunOptions): Promise<Transfer> {
  const image = await mustHaveImage(from, name, run)
  const transfer = planTransfer({ name, image, ...(await lookAtImages(to, run)) })
  if (transfer.kind === 'nothing') return transfer
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-image-'))
  try {
    const path = join(folder, 'image.tar')
    await mustRun(saveImage(from, name, path), run)
    await using file = await open(path)
    const entries = await listArchive(file)
    const sent = entriesToSend(entries, await layersInArchive(file, entries), transfer.present)
    await mustRun(loadImage(to, name), { ...run, input: sendEntries(path, sent) })
    await mustHaveImage(to, name, run)
    return transfer
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What an engine has, and whether it looks there for the layers of what it is sent. */
export async function lookAtImages(
  host: Host,
  run: RunOptions,
): Promise<{ readonly there: readonly ImageLook[]; readonly knowsLayers: boolean }> {
  const ids = (await mustRun(listImages(host), run)).split('\n').filter((id) => id !== '')
  const there =
    ids.length === 0
      ? []
      : imagesIn((await runCommand(inspectImages(host, [...new Set(ids)].slice(0, IMAGES_MAX)), run)).stdout)
  const status = JSON.parse(await mustRun(readDriver(host), run)) as readonly (readonly string[])[] | null
  return { there, knowsLayers: !isContainerdStore(status ?? []) }
}

/** @throws Problem `image.not-there` */
export async function mustHaveImage(host: Host, name: string, run: RunOptions): Promise<ImageLook> {
  const image = await lookAtImage(host, name, run)
  if (image !== null) return image
  throw new Problem('image.not-there', `the image ${name} is not on ${host ?? 'the engine'}`, {
    hint: 'Deploy again: it is made and brought there first. Somebody may prune images meanwhile.',
  })
}
