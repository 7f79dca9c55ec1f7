import { Command } from 'commander'
import { Problem } from '../../../core/problem.ts'
import { parseDuration } from '../../../core/quantity.ts'
import { newApiKey } from '../../../guard/identity/api-keys.ts'
import { globalsOf, type MakeCommand } from '../../command.ts'
import { print, printJson } from '../../output.ts'

interface Options {
  readonly scopes: string
  readonly roles: string
  readonly expires?: string
}

/** Works without an environment: what it prints goes into a secret, and from there with a deploy to the gateway. */
export const keyCommand: MakeCommand = () => {
  const command = new Command('key')
    .description(
      'Make an API key: shown once, with the entry of it that is kept in the secret that guard.identity.keys names.',
    )
    .option('--json', 'the same facts as JSON')
    .argument('<id>', "whose it is, such as 'ci'; a second key of one id is a rotation")
    .option('--scopes <list>', "what it may do, such as 'read+deploy'", '')
    .option('--roles <list>', "its roles, such as 'admin'", '')
    .option('--expires <time>', "how long it counts, such as '90d' (default: until its entry is taken away)")
    .action((id: string, options: Options) => {
      if (!/^[A-Za-z0-9._@-]{1,64}$/.test(id)) {
        throw new Problem('cli.usage', `'${id}' is no id of a key`, {
          hint: 'Use up to 64 letters, digits, dots, dashes.',
        })
      }
      const expiresMs = options.expires === undefined ? null : Date.now() + lifeOf(options.expires)
      const made = newApiKey({ id, scopes: listOf(options.scopes), roles: listOf(options.roles), expiresMs })
      if (globalsOf(command).json) return printJson({ key: made.key, entry: made.line })
      print(`key    ${made.key}\nentry  ${made.line}\n`)
      print(
        'The key is shown this once. Add the entry to the secret and deploy; entries are separated by blanks or line breaks.',
      )
    })
  return command
}

function listOf(text: string): readonly string[] {
  const names = text.split(/[+,]/).filter((name) => name !== '')
  const wrong = names.find((name) => !/^[A-Za-z0-9._:-]{1,64}$/.test(name))
  if (wrong === undefined) return names
  throw new Problem('cli.usage', `'${wrong}' is no name of a scope or role`, { hint: "Separate names by '+'." })
}

function lifeOf(text: string): number {
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0) return parsed.value
  throw new Problem('cli.usage', `--expires ${text} is no time`, { hint: "Write it such as '24h' or '90d'." })
}
