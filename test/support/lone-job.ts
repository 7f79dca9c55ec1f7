/**
 * A program without a port that must not run beside another release of itself, as a scheduler: it holds a folder, writes down
 * when it begins and ends, and takes its time to end.
 */
export const LONE_JOB = `import { appendFileSync, mkdirSync, rmdirSync } from 'node:fs'
const note = (what) => appendFileSync('data/log', what + ' ' + process.env.RELEASE + '\\n')
try { mkdirSync('data/held') } catch { note('TWO') }
note('begin')
process.on('SIGTERM', () => setTimeout(() => { note('end'); rmdirSync('data/held'); process.exit(0) }, 1500))
setInterval(() => {}, 1000)
`

/** What is wrong with its log: each release has to have ended before the next begins. */
export function overlapsIn(log: string): readonly string[] {
  let running: string | null = null
  const wrong: string[] = []
  for (const line of log.trim().split('\n')) {
    const [what, release] = line.split(' ') as [string, string]
    const isRight = what === 'begin' ? running === null : what === 'end' && running === release
    if (!isRight) wrong.push(line)
    running = what === 'end' ? null : release
  }
  return wrong
}
