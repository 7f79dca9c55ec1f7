import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { connectControl } from '../../control/api/client.ts'
import { verifyTrail } from '../../control/audit/read-trail.ts'
import type { TrailRecord } from '../../control/audit/trail.ts'
import { openBridge } from '../../control/bridge/near-end.ts'
import type { EventRecord } from '../../control/guard/events/record.ts'
import { verifyEvents } from '../../control/guard/events/verify.ts'
import type { Chain, Question } from '../../control/records/question.ts'
import { receiveFiles, recordsIn } from '../../control/records/receive.ts'
import { CHAIN_START, type ChainHead } from '../../core/hash-chain.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { showCommand, type Command } from '../../deploy/targets/command.ts'
import { runCommand, type Ran } from '../../deploy/targets/run-command.ts'
import { whoAmI } from '../lease.ts'
import type { Records } from '../records.ts'
import type { Hosted } from './hosted.ts'

/** What reads them, and what leads to control. */
export type Beside = Pick<Hosted, 'records' | 'bridge'>

/**
 * Records whose files are in a volume of an engine or of a cluster. What is listed is chosen there; what is verified is
 * brought here and judged here.
 * @throws Problem `environment.unreachable` `records.too-large` `target.tool-missing` `target.tool-failed`, from each question
 */
export function hostedRecords({ records, bridge }: Beside): Records {
  return {
    place: records.place,
    trail: async (options) => (await listed(records, { ask: 'audit-trail', ...options })) as readonly TrailRecord[],
    events: async (filter, limit) =>
      (await listed(records, { ask: 'security-events', filter, limit })) as readonly EventRecord[],
    verifyTrail: () => withFiles(records, 'audit-trail', (folder, head) => verifyTrail(folder, () => head)),
    verifyEvents: () => withFiles(records, 'security-events', (folder, head) => verifyEvents(folder, () => head)),
    watchEvents: () => {
      // To run a program there for each look would cost more than what is looked at.
      const way = openBridge(bridge, { env: process.env })
      const control = connectControl(way)
      const by = whoAmI()
      return {
        events: async (filter, limit) => (await control.call('guard.events', { by, filter, limit })).events,
        [Symbol.dispose]: () => {
          control.close()
          way.close()
        },
      }
    },
  }
}

async function listed(records: Hosted['records'], question: Question): Promise<readonly unknown[]> {
  const command = await records.reader(JSON.stringify(question))
  if (command === null) return []
  const { stdout } = mustAnswer(command, await runCommand(command, { env: process.env }))
  return understood(command, () => recordsIn(stdout))
}

/** The folder is gone afterwards, also when somebody interrupts. */
async function withFiles<T>(
  records: Hosted['records'],
  chain: Chain,
  judge: (folder: string, head: ChainHead) => T,
): Promise<T> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-records-'))
  using _ = onInterrupt(() => folder.remove())
  const question: Question = { ask: 'files', of: chain }
  const command = await records.reader(JSON.stringify(question))
  return judge(folder.path, command === null ? CHAIN_START : await bring(command, folder.path, chain))
}

async function bring(command: Command, folder: string, chain: Chain): Promise<ChainHead> {
  const output = new PassThrough()
  let isRefused = false
  const receiving = receiveFiles(output, folder, { chain }).catch((error: unknown) => {
    // What has not ended yet is ended; else what ended it says more.
    isRefused = !output.writableFinished
    output.destroy()
    throw error
  })
  const [ran, received] = await Promise.allSettled([runCommand(command, { env: process.env, output }), receiving])
  if (ran.status === 'rejected' && !isRefused) throw ran.reason
  if (ran.status === 'fulfilled') mustAnswer(command, ran.value)
  return understood(command, () => {
    if (received.status === 'rejected') throw received.reason
    return received.value
  })
}

function mustAnswer(command: Command, ran: Ran): Ran {
  if (ran.code === 0) return ran
  throw unreachable(command, `exited with ${ran.code}`, ran.lastLines)
}

/** What is no answer, or half of one: a line may break without its command failing. */
function understood<T>(command: Command, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Problem ? error : unreachable(command, `gave no whole answer: ${messageOf(error)}`, [])
  }
}

function unreachable(command: Command, because: string, lines: readonly string[]): Problem {
  return new Problem(
    'environment.unreachable',
    `\`${showCommand(command)}\`, which reads control's files, ${because}`,
    {
      hint: 'Its own last lines say why. `seaworthy up` has what it needs in place: the image, and on Kubernetes a pod that runs.',
      details: lines.map((line) => `| ${line}`),
    },
  )
}

function onInterrupt(clean: () => void): Disposable {
  const end = (signal: NodeJS.Signals): void => {
    clean()
    off()
    process.kill(process.pid, signal)
  }
  const off = (): void => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
  for (const signal of SIGNALS) process.on(signal, end)
  return { [Symbol.dispose]: off }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
