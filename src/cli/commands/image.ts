import { resolve } from 'node:path'
import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { OwnImage } from '../../deploy/targets/image/own-image.ts'
import type { Put } from '../../deploy/targets/image/put-image.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { print, printJson, table } from '../output.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'

interface Options {
  readonly tag?: string
  readonly output?: string
}

export const imageCommand: MakeCommand = () =>
  new Command('image')
    .description(
      "Make Seaworthy's own image from this machine's Node and this installation: no registry, no build. It holds keeper, control and gateway.",
    )
    .option('--tag <name>', 'what it is called (default: seaworthy:VERSION)')
    .option('--output <file>', 'write an archive for `docker load` instead of loading it into the engine')
    .option('--json', 'the same facts as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy image\n  DOCKER_HOST=ssh://deploy@host seaworthy image\n  seaworthy image --tag registry.example.com/seaworthy:1 --output seaworthy.tar',
    )
    .action(async ({ tag = ownTag(), output }: Options, command: Command) => {
      const { json } = globalsOf(command)
      const { isTag } = await import('../../deploy/targets/image/tag.ts')
      const { ownImage } = await import('../../deploy/targets/image/own-image.ts')
      const { architectureHere } = await import('../../deploy/targets/image/machine-node.ts')
      const { mustFit, putImage, writeImage } = await import('../../deploy/targets/image/put-image.ts')
      if (!isTag(tag))
        throw new Problem('cli.usage', `--tag ${tag} is no name of an image`, {
          hint: 'Write NAME:TAG in small letters, with a registry before it or without: seaworthy:1',
        })
      const file = output === undefined ? null : resolve(output)
      const run = { env: process.env }
      if (file === null) await mustFit(architectureHere(), null, run)
      const image = await ownImage(ownInstallation())
      const put = file === null ? await putImage(image, tag, null, run) : null
      if (file !== null) await writeImage(image, tag, file)
      if (json) printJson({ kind: 'image', name: tag, ...factsOf(image), file, put })
      else print(textOf(tag, image, file === null ? doneText(put!) : `written to ${file}`))
    })

function factsOf({ id, digest, architecture, bytes, layers }: OwnImage) {
  return {
    id,
    digest,
    architecture,
    bytes,
    layers: layers.map((layer) => ({ what: layer.what, digest: layer.digest, bytes: layer.bytes })),
  }
}

function textOf(tag: string, { id, digest, architecture, bytes, layers }: OwnImage, done: string): string {
  return [
    `${tag}  ${megabytes(bytes)}  linux/${architecture}  ${done}`,
    table([
      ['  id', id],
      ['  digest', digest],
      ...layers.map((layer): [string, string] => [`  ${megabytes(layer.bytes)}`, layer.what]),
    ]),
  ].join('\n')
}

function doneText(put: Put): string {
  if (put.kind === 'present') return 'the engine has it already'
  const layers = put.layers === 1 ? '1 layer' : `${put.layers} layers`
  return `loaded: ${layers}, ${megabytes(put.bytes)} sent`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
