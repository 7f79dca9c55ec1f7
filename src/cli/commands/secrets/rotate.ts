import { Command } from 'commander'
import { Problem } from '../../../core/problem.ts'
import type { MakeCommand } from '../../command.ts'
import type { Deploying } from '../../deploying.ts'
import { newSecret } from '../../new-secret.ts'
import { placeOf, rotate } from '../../rotate-secret.ts'
import { withDeploying } from '../../with-deploying.ts'

interface Options {
  readonly generate?: string | true
  readonly from?: string
}

const BYTES = { default: 32, min: 16, max: 1024 }

export const rotateCommand: MakeCommand = (onExitCode) => {
  const command = new Command('rotate')
    .description('Another value for one secret, without a code deploy: the live release once more, with that value.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<name>', 'the secret')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .option('--generate [bytes]', `make the value of random bytes (${BYTES.default}), as text`)
    .option('--from <file>', 'the value is the text of this file')
    .addHelpText(
      'after',
      `
Without either the value is asked for, or read from a pipe. Where this shell has the secret as a variable, that is the new value.
The secrets file keeps the old value until the new one is live for good: what is refused or taken back leaves it as it is.

Examples:
  seaworthy secrets rotate JWT_KEY --generate
  vault read -field=value secret/payments | seaworthy secrets rotate PAYMENTS_KEY production`,
    )
    .action(async (name: string, environment: string | undefined, { generate, from }: Options) => {
      if (generate !== undefined && from !== undefined)
        throw new Problem('cli.usage', '--generate and --from exclude each other')
      const bytes = generate === undefined ? null : bytesOf(generate)
      const run = async (deploying: Deploying): Promise<number> => {
        const place = await placeOf(name, deploying, bytes !== null || from !== undefined)
        const given = { generate: bytes, from: from ?? null, stdin: process.stdin }
        const value = place.kind === 'shell' ? place.value : await newSecret(name, given)
        return rotate({ name, value, place }, deploying)
      }
      onExitCode(await withDeploying(command, environment, `rotate ${name}`, run, { asLive: true }))
    })
  return command
}

function bytesOf(text: string | true): number {
  if (text === true) return BYTES.default
  const bytes = Number(text)
  if (Number.isInteger(bytes) && bytes >= BYTES.min && bytes <= BYTES.max) return bytes
  throw new Problem('cli.usage', `--generate ${text}: it takes ${BYTES.min} to ${BYTES.max} bytes`)
}
