import { monotonicNs } from '../../src/core/clock.ts'
import type { Proof } from '../../src/deploy/proof.ts'
import { startLoad, type Protocol } from '../../test/support/load.ts'
import { plainConfig, TestProject, until } from '../../test/support/project.ts'
import { AnswerBook, type Totals } from './answer-book.ts'
import { deploy } from './cli.ts'
import { entranceOf, type Entrance } from './entrance.ts'
import { SocketCrowd } from './sockets.ts'
import { beginUpload, type Upload } from './upload.ts'

export const STYLES = ['seaworthy', 'stop-first', 'kill-old'] as const
type Style = (typeof STYLES)[number]

export interface StyleOptions {
  readonly style: Style
  readonly deploys: number
  readonly clients: number
  readonly sockets: number
  readonly protocol: Protocol
  /** Aborted when the bench's time is over. */
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
}

export interface StyleResult extends Totals {
  readonly style: Style
  readonly deploys: number
  /** Why it ended before its last deploy; null when it did not. */
  readonly incomplete: string | null
  readonly seconds: number
  readonly drainsMs: readonly number[]
  readonly switchesMs: readonly number[]
  readonly socketsClosed: number
  readonly socketsMoved: number
  /** Ends of WebSockets without 1012, and refused reconnects, by close code. */
  readonly socketsOtherwise: Readonly<Record<number, number>>
  readonly reconnectsMs: readonly number[]
  readonly uploads: number
  readonly uploadsOk: number
  readonly uploadFailures: readonly string[]
  /** What the deploys' own witnesses say, added up. */
  readonly witness: Witnessed
  /** Releases beside the live one that still have instances. */
  readonly warm: number
}

/** Of each client between two requests. */
const PAUSE_MS = 20
/** An upload goes on this long after the switch: past the watch of 1 s, into the drain of 2 s. */
const UPLOAD_AFTER_SWITCH_MS = 1_200
const MOVED_WITHIN_MS = 5_000

/** One way to swap releases, again and again, under load: the same harness for the product and for the controls. */
export async function runStyle(options: StyleOptions): Promise<StyleResult> {
  const { style, sockets, protocol, signal, onProgress } = options
  await using project = new TestProject(configFor(style, protocol, 0))
  await project.must(['up', '--detach'])
  const entrance = await entranceOf(project, protocol)
  const book = new AnswerBook()
  const crowd = new SocketCrowd(entrance, sockets)
  const sum = emptySum()
  const startedAt = Date.now()
  const load = startLoad({
    ...entrance,
    clients: options.clients,
    pauseMs: PAUSE_MS,
    // A handler that takes its time, so that something is always in flight when the old release is killed.
    path: style === 'kill-old' ? '/?work=40' : '/',
    isGood: (status) => status === 200,
    onAnswer: (answer) => book.add(answer),
    keep: false,
  })
  let incomplete: string | null = null
  try {
    await until(() => crowd.allHear(nameOf(0)), 'the WebSockets to open')
    for (let number = 1; number <= options.deploys; number++) {
      if (signal.aborted) throw new Error(String(signal.reason))
      await swap({ project, entrance, style, number, book, crowd, sum })
      book.fold()
      if (number % 10 === 0) onProgress(`${style}: ${number} of ${options.deploys}, ${book.totals.failed} failed`)
    }
  } catch (error) {
    incomplete = error instanceof Error ? error.message : String(error)
  }
  crowd.stop()
  await load.stop()
  book.fold()
  const { world, instances } = await project.status()
  const warm = new Set(instances.map(({ release }) => release).filter((release) => release !== world.live)).size
  const seconds = (Date.now() - startedAt) / 1000
  return { ...book.totals, ...sum, style, incomplete, seconds, warm, reconnectsMs: crowd.reconnectMs }
}

interface Sum {
  deploys: number
  drainsMs: number[]
  switchesMs: number[]
  socketsClosed: number
  socketsMoved: number
  socketsOtherwise: Record<number, number>
  uploads: number
  uploadsOk: number
  uploadFailures: string[]
  witness: Witnessed
}

interface Witnessed {
  readonly sent: number
  readonly failed: number
  readonly flipBacks: number
  readonly socketsClosed: number
  readonly socketsMoved: number
}

interface Swap {
  readonly project: TestProject
  readonly entrance: Entrance
  readonly style: Style
  readonly number: number
  readonly book: AnswerBook
  readonly crowd: SocketCrowd
  readonly sum: Sum
}

async function swap({ project, entrance, style, number, book, crowd, sum }: Swap): Promise<void> {
  const { world, instances } = await project.status()
  const oldPids = instances.filter(({ release, pid }) => release === world.live && pid !== null).map(({ pid }) => pid!)
  let upload: Upload | null = null
  const uploads: Promise<void>[] = []
  const begin = (): void => {
    upload ??= beginUpload(entrance, nameOf(number - 1))
  }
  project.configure(configFor(style, entrance.protocol, number))
  crowd.begin(nameOf(number))
  if (style === 'stop-first') {
    begin()
    await project.must(['stop', '--service', 'api'])
  }
  const { result, drainMs } = await deploy(project.folder, (event) => {
    // The gate takes a few tenths of a second: what begins with it is on its way when the switch comes.
    if (event.kind === 'begun' && event.operation.kind === 'gate') begin()
    if (event.kind !== 'switched') return
    if (style === 'kill-old') for (const pid of oldPids) kill(pid)
    book.switched({ to: event.to, firstAckNs: event.lastAckNs - event.tookMs * 1e6, lastAckNs: event.lastAckNs })
    sum.switchesMs.push(event.tookMs)
    if (uploads.length === 0) uploads.push(finishAfter(upload, event.lastAckNs, sum))
  })
  // Compose starts the new containers as part of the same command; here the service was stopped by a hand of its own.
  if (style === 'stop-first') await project.must(['stop', '--service', 'api', '--start'])
  if (result.state !== 'done' && style === 'seaworthy') {
    throw new Error(`${result.deploy} ended ${result.state}: ${result.message ?? 'no message'}`)
  }
  await Promise.all(uploads)
  await until(() => crowd.allHear(nameOf(number)), 'the WebSockets to come back', MOVED_WITHIN_MS)
  const { closed, moved, otherwise } = crowd.round
  sum.deploys += 1
  if (drainMs !== null) sum.drainsMs.push(drainMs)
  sum.socketsClosed += closed
  sum.socketsMoved += moved
  for (const [code, count] of Object.entries(otherwise)) {
    sum.socketsOtherwise[Number(code)] = (sum.socketsOtherwise[Number(code)] ?? 0) + count
  }
  sum.witness = withProof(sum.witness, result.proof)
}

async function finishAfter(upload: Upload | null, switchedNs: number, sum: Sum): Promise<void> {
  sum.uploads += 1
  if (upload === null) return void sum.uploadFailures.push('the gate ended before the upload began')
  const elapsedMs = (monotonicNs() - switchedNs) / 1e6
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, UPLOAD_AFTER_SWITCH_MS - elapsedMs)))
  const failure = await upload.finish()
  if (failure === null) sum.uploadsOk += 1
  else sum.uploadFailures.push(failure)
}

/** Instances that this bench's own project started. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function withProof(sum: Witnessed, proof: Proof | null): Witnessed {
  if (proof === null) throw new Error('the deploy came without a proof')
  return {
    sent: sum.sent + proof.sent,
    failed: sum.failed + proof.failed,
    flipBacks: sum.flipBacks + proof.flipBacks,
    socketsClosed: sum.socketsClosed + (proof.drain?.websockets ?? 0),
    socketsMoved: sum.socketsMoved + (proof.drain?.moved ?? 0),
  }
}

function nameOf(number: number): string {
  return number % 2 === 0 ? 'v1' : 'v2'
}

/** The controls fail on purpose: their watch must not take the new release back for it. */
function configFor(style: Style, protocol: Protocol, number: number): object {
  const config = plainConfig({
    env: { NAME: nameOf(number) },
    service: { scale: { min: 2, max: 2 } },
    environment: {
      watch: { for: '1s', warm: '10min', ...(style === 'seaworthy' ? {} : { errors: '100%' }) },
      drain: '2s',
    },
  })
  if (protocol === 'http') return config
  return { ...config, gateway: { listen: { http: 0, https: 0 }, tls: 'self-signed', accessLog: false } }
}

function emptySum(): Sum {
  return {
    deploys: 0,
    drainsMs: [],
    switchesMs: [],
    socketsClosed: 0,
    socketsMoved: 0,
    socketsOtherwise: {},
    uploads: 0,
    uploadsOk: 0,
    uploadFailures: [],
    witness: { sent: 0, failed: 0, flipBacks: 0, socketsClosed: 0, socketsMoved: 0 },
  }
}
