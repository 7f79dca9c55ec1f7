import { Problem } from '../../../core/problem.ts'
import type { Command } from '../command.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { docker, pullImage, SHORT_MS, type Host } from './commands.ts'
import { mustHaveImage } from './images.ts'

const PUSH_MS = 30 * 60_000

/** Gives an image of the engine another name. */
export function tagImage(host: Host, image: string, name: string): Command {
  return docker(host, ['tag', image, name], SHORT_MS, `names ${image} ${name}`)
}

/** Sends an image to the registry that its name begins with, with the keys of whoever calls. */
export function pushCommand(host: Host, name: string): Command {
  return docker(host, ['push', '--quiet', name], PUSH_MS, `sends ${name} to its registry`)
}

/**
 * Has an image in a registry and returns its digest there. What the registry has already is taken as it is: the same files
 * built again are the same program by another digest, and its name would mean something else than before.
 * @param name the registry's, with a tag that is a hash of all that it is made of
 * @param make has it on the engine, by the name that it returns
 * @throws Problem `image.not-pushed` `target.tool-failed`, and what `make` throws
 */
export async function haveInRegistry(
  host: Host,
  { name, make }: { readonly name: string; readonly make: () => Promise<string> },
  run: RunOptions,
): Promise<string> {
  if ((await runCommand(pullImage(host, name), run)).code === 0) {
    const there = await digestOf(host, name, run)
    if (there !== null) return there
  }
  await mustRun(tagImage(host, await make(), name), run)
  const { code, lastLines } = await runCommand(pushCommand(host, name), run)
  const digest = await digestOf(host, name, run)
  if (code === 0 && digest !== null) return digest
  throw new Problem('image.not-pushed', `${name} did not reach its registry: docker push exited with ${code}`, {
    hint: 'Log in to it with `docker login`, and look whether you may write there.',
    details: lastLines.map((line) => `| ${line}`),
  })
}

/** As the engine has it from the registry; null: it knows of none. */
async function digestOf(host: Host, name: string, run: RunOptions): Promise<string | null> {
  const repository = name.slice(0, name.lastIndexOf(':'))
  const { digests } = await mustHaveImage(host, name, run)
  const found = digests.find((digest) => digest.startsWith(`${repository}@`))
  return found?.slice(repository.length + 1) ?? null
}
