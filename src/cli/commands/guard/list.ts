import { environmentCommand, globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { describeFeed } from '../../guard-text.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson, table } from '../../output.ts'

const DESCRIPTION = 'Who is refused: blocks by hand and by risk, those of the config, and the feeds.'

export const listCommand: MakeCommand = () => {
  const command = environmentCommand('list', DESCRIPTION).action(async (environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const by = whoAmI()
    const { blocks, config } = await opened.control.call('guard.blocks', { by })
    const { feeds } = await opened.control.call('guard.feeds', { by })
    if (globalsOf(command).json) return printJson({ blocks, config, feeds })
    const rows = blocks.map(({ address, source, untilMs, by: who, reason }) => [
      address,
      source,
      untilMs === null ? 'until taken away' : `until ${new Date(untilMs).toISOString()}`,
      who,
      reason,
    ])
    print(rows.length === 0 ? 'nobody is blocked by hand or by risk' : table(rows))
    if (config.block.length > 0) print(`\nBlocked by the config: ${config.block.join(', ')}`)
    if (config.allow.length > 0) print(`\nNever blocked (guard.allow): ${config.allow.join(', ')}`)
    if (feeds.length > 0) print(`\nFeeds\n${table(feeds.map(describeFeed))}`)
  })
  return command
}
