import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../../core/problem.ts'
import { filesMoved } from '../../moved.ts'
import type { Release } from '../../release.ts'
import { readSource } from '../../source.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { entriesToSend, layersInArchive, listArchive, sendEntries } from './archive.ts'
import { BASES, pinned, runtimeOf, type Runtime } from './base.ts'
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
import { writeContext } from './context.ts'
import { imageOf } from './image-of.ts'
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
  readonly bases?: Readonly<Record<Runtime, string>>
}

/** The image on an engine, null where it is not. */
export async function lookAtImage(host: Host, name: string, run: RunOptions): Promise<ImageLook | null> {
  const { code, stdout } = await runCommand(inspectImages(host, [name]), run)
  return code === 0 ? (imagesIn(stdout)[0] ?? null) : null
}

/**
 * Makes the image of a service unless the engine has it, and returns its name.
 * @throws Problem `deploy.moved` `deploy.build-failed` `image.no-base` `image.not-there` `target.tool-failed`
 */
export async function makeImage(release: Release, service: string, options: BuildOptions): Promise<string> {
  const { host, run, projectFolder, keptOut, bases = BASES } = options
  const { config, artifacts } = release
  const declared = config.services[service]!
  const artifact = artifacts[service]!
  const name = imageOf(release, service, bases)
  if ((await lookAtImage(host, name, run)) !== null) return name
  const runtime = runtimeOf(service, declared)
  const source = await readSource(projectFolder, declared, keptOut)
  if (source.hash !== artifact) throw filesMoved(release, service, source)
  const base = await haveBase(host, bases[runtime], run)
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-image-'))
  try {
    await writeContext(folder, { source, service: declared, name: service, runtime, base })
    const labels = { [LABEL.app]: config.name, [LABEL.service]: service, [LABEL.artifact]: artifact }
    const variables = declared.build === null ? {} : declared.env
    const command = buildImage(host, folder, { name, labels, variables })
    const { code, lastLines } = await runCommand(command, { ...run, streams: true })
    if (code !== 0) {
      throw new Problem(
        'deploy.build-failed',
        `the image of ${service} could not be built: docker exited with ${code}`,
        {
          hint: 'The last lines name the step; the base image has to be on the engine, or in a registry that it reaches.',
          details: lastLines.map((line) => `| ${line}`),
        },
      )
    }
    await mustHaveImage(host, name, run)
    return name
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Fetched before it is used, so that the digest under which it came is known when the Dockerfile is written. */
async function haveBase(host: Host, reference: string, run: RunOptions): Promise<string> {
  const there = await lookAtImage(host, reference, run)
  if (there !== null) return pinned(reference, there.digests)
  const { lastLines } = await runCommand(pullImage(host, reference), run)
  const fetched = await lookAtImage(host, reference, run)
  if (fetched !== null) return pinned(reference, fetched.digests)
  throw new Problem(
    'image.not-there',
    `the base image ${reference} is not on ${host ?? 'the engine'}, nor to be fetched`,
    {
      hint: 'Let the engine reach its registry, or bring the image there: `docker save` on one machine, `docker load` on the other.',
      details: lastLines.map((line) => `| ${line}`),
    },
  )
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
