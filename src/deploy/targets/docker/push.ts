import { Problem } from '../../../core/problem.ts'
import type { Command } from '../command.ts'
import { referenceIn, repositoryOf } from '../image/registry.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { docker, pullImage, SHORT_MS, type Host } from './commands.ts'
import { lookAtImage, mustHaveImage } from './images.ts'
import { registryRefusal } from './registry-refusal.ts'
import type { ImageLook } from './transfer.ts'

const PUSH_MS = 30 * 60_000

/** Gives an image of the engine another name. */
export function tagImage(host: Host, image: string, name: string): Command {
  return docker(host, ['tag', image, name], SHORT_MS, `names ${image} ${name}`)
}

/**
 * Sends an image to the registry that its name begins with, with the keys of whoever calls. Not `--quiet`: what it says at the end
 * is the digest.
 */
export function pushCommand(host: Host, name: string): Command {
  return docker(host, ['push', name], PUSH_MS, `sends ${name} to its registry`)
}

/**
 * Has an image in a registry and returns its reference there, by digest. What the registry has already is taken as it is: the
 * same files built again are the same program by another digest, and its name would mean something else than before.
 * @param name the registry's, with a tag that is a hash of all that it is made of
 * @param make has it on the engine, by the name that it returns
 * @throws Problem `image.not-pushed` `target.tool-failed`, and what `make` throws
 */
export async function haveInRegistry(
  host: Host,
  { name, make }: { readonly name: string; readonly make: () => Promise<string> },
  run: RunOptions,
): Promise<string> {
  const pulled = await runCommand(pullImage(host, name), run)
  if (pulled.code === 0) {
    const there = referenceIn((await mustHaveImage(host, name, run)).digests, name)
    if (there !== null) return there
  } else {
    const { kind } = registryRefusal(pulled.lastLines, name, host)
    // What is not reached takes nothing either: that is told before anything is built.
    if (kind === 'no-engine' || kind === 'unreachable' || kind === 'untrusted')
      throw notPushed(name, host, pulled.lastLines)
  }
  await mustRun(tagImage(host, await make(), name), run)
  const { code, stdout, lastLines } = await runCommand(pushCommand(host, name), run)
  if (code !== 0) throw notPushed(name, host, lastLines)
  const digest = digestIn(stdout)
  if (digest !== null) return `${repositoryOf(name)}@${digest}`
  const reference = referenceIn((await mustHaveImage(host, name, run)).digests, name)
  if (reference !== null) return reference
  throw new Problem('image.not-pushed', `${name} was pushed, and nobody tells its digest`, {
    hint: 'Neither `docker push` nor `docker image inspect` (RepoDigests) says it: look what `docker` is there.',
  })
}

/** What a push has sent. Its name alone does not tell: a deploy of another host may have given it to a build of its own since. */
function digestIn(said: string): string | null {
  return /^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(said)?.[1] ?? null
}

/**
 * Has an image on an engine as a registry has it.
 * @param reference by digest
 * @param name of its own besides, by which a later look finds it; null: none
 * @throws Problem `image.not-pulled` `target.tool-failed`
 */
export async function haveFromRegistry(
  host: Host,
  { reference, name }: { readonly reference: string; readonly name: string | null },
  run: RunOptions,
): Promise<ImageLook> {
  const image = (await lookAtImage(host, reference, run)) ?? (await fetched(host, reference, run))
  if (name !== null && !image.names.includes(name)) await mustRun(tagImage(host, reference, name), run)
  return image
}

async function fetched(host: Host, reference: string, run: RunOptions): Promise<ImageLook> {
  const { code, lastLines } = await runCommand(pullImage(host, reference), run)
  const image = await lookAtImage(host, reference, run)
  if (code === 0 && image !== null) return image
  const { because, hint } = registryRefusal(lastLines, reference, host)
  throw new Problem('image.not-pulled', `${reference} did not come from its registry: ${because}`, {
    hint,
    details: lastLines.map((line) => `| ${line}`),
  })
}

function notPushed(name: string, host: Host, lastLines: readonly string[]): Problem {
  const { because, hint } = registryRefusal(lastLines, name, host)
  return new Problem('image.not-pushed', `${name} did not reach its registry: ${because}`, {
    hint,
    details: lastLines.map((line) => `| ${line}`),
  })
}
