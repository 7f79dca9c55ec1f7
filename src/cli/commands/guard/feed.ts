import type { FeedStatus } from '../../../control/guard/feeds.ts'
import { Problem } from '../../../core/problem.ts'
import { environmentCommand, globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { describeFeed } from '../../guard-text.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson, table } from '../../output.ts'

interface Options {
  readonly reload?: boolean
  readonly url?: string
}

export const feedCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('feed', 'The lists of guard.feeds: when each was read, and which lines are bad.')
    .option('--reload', 'fetch them now; ends with 1 when one could not be had')
    .option('--url <url>', 'with --reload: only this one')
    .action(async (environment: string | undefined, { reload, url }: Options) => {
      if (url !== undefined && !reload)
        throw new Problem('cli.usage', '--url needs --reload', { hint: 'Without both, every feed is shown.' })
      using opened = await openEnvironment(command, environment)
      const by = whoAmI()
      const { feeds } = reload
        ? await opened.control.call('guard.reload', { url: url ?? null, by })
        : await opened.control.call('guard.feeds', { by })
      if (reload && feeds.some(({ error }) => error !== null)) onExitCode(1)
      if (globalsOf(command).json) return printJson(feeds)
      print(feeds.length === 0 ? 'the config names no feeds: guard.feeds' : table(feeds.map(describeFeed)))
      for (const feed of feeds) if (feed.badCount > 0) print(describeBadLines(feed))
    })
  return command
}

function describeBadLines({ url, bad, badCount }: FeedStatus): string {
  const lines = bad.map(({ line, text, because }) => [`  line ${line}`, text, because])
  const rest = badCount - bad.length
  return `\n${url}: ${badCount} lines could not be used\n${table(lines)}${rest > 0 ? `\n  … and ${rest} more` : ''}`
}
