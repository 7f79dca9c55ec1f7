import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import { readLogs } from '../../deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../deploy/targets/kubernetes/control.ts'
import { gatewayName } from '../../deploy/targets/kubernetes/gateway.ts'
import { listGatewayPods, readGateway, readOwn, readOwnPod } from '../../deploy/targets/kubernetes/own-commands.ts'
import { gatewayIn, gatewayPodsIn, type GatewayPod } from '../../deploy/targets/kubernetes/own-gateway.ts'
import { ownIn, whyNot } from '../../deploy/targets/kubernetes/own.ts'
import { mustRun, runCommand } from '../../deploy/targets/run-command.ts'
import type { LastWords } from '../hosted/hosted.ts'
import type { ClusterPlace } from './place.ts'

/** From its objects to a ready pod: a volume has to be found, and the pod of before to finish. */
const READY_MS = 180_000
const LOOK_MS = 500
const LINES_SHOWN = 10

type Note = (text: string) => void

/**
 * Until control's pod is ready that is wanted now; what the cluster says meanwhile is told.
 * @throws Problem `environment.not-started`
 */
export async function untilControlReady(at: ClusterPlace, note: Note): Promise<void> {
  const { access, place, run } = at
  await untilReady({
    isReady: async () => {
      const own = ownIn(await mustRun(readOwn(access, place), run), place)
      return own !== null && own.isRunning && own.isCurrent
    },
    why: async () => {
      const why = whyNot(await mustRun(readOwnPod(access, place), run)).join('; ')
      return why === '' ? '' : `${controlPod(place)} is not ready yet: ${why}`
    },
    lastWords: () => lastWords(at),
    note,
  })
}

/**
 * Until the gateway's pods are those that are wanted now, and all of them ready.
 * @throws Problem `environment.not-started`
 */
export async function untilGatewayReady(at: ClusterPlace, note: Note): Promise<void> {
  const { access, place, run } = at
  await untilReady({
    isReady: async () => gatewayIn(await mustRun(readGateway(access, place), run), place)?.isCurrent ?? false,
    why: async () => {
      const waiting = (await gatewayPods(at)).find(({ because }) => because.length > 0)
      return waiting === undefined ? '' : `${waiting.name} is not ready yet: ${waiting.because.join('; ')}`
    },
    lastWords: () => gatewayLastWords(at),
    note,
  })
}

/** The gateway's pods that there are. */
export async function gatewayPods({ access, place, run }: ClusterPlace): Promise<readonly GatewayPod[]> {
  return gatewayPodsIn(await mustRun(listGatewayPods(access, place), run))
}

interface UntilReady {
  readonly isReady: () => Promise<boolean>
  /** What the cluster says; '' is nothing. */
  readonly why: () => Promise<string>
  readonly lastWords: () => Promise<LastWords>
  readonly note: Note
}

async function untilReady({ isReady, why, lastWords: words, note }: UntilReady): Promise<void> {
  const until = performance.now() + READY_MS
  let told = ''
  while (!(await isReady())) {
    const said = await why()
    if (said !== '' && said !== told) note(said)
    told = said
    if (performance.now() > until) throw notStarted(await words())
    await sleep(LOOK_MS)
  }
}

function notStarted({ where, command, lines }: LastWords): Problem {
  return new Problem('environment.not-started', `${where} does not become ready`, {
    hint: `Mend what is said here; \`${command}\` tells more.`,
    details: lines,
  })
}

/** Why control's pod does not run, and what it has said last. */
export async function lastWords(at: ClusterPlace): Promise<LastWords> {
  const { access, place, run } = at
  const where = controlPod(place)
  const why = whyNot(await mustRun(readOwnPod(access, place), run))
  return wordsOf(at, { where, container: 'control', why })
}

/** The same of the first of the gateway's pods that is not ready. */
async function gatewayLastWords(at: ClusterPlace): Promise<LastWords> {
  const pod = (await gatewayPods(at)).find(({ isReady, isLeaving }) => !isReady && !isLeaving)
  const where = pod?.name ?? gatewayName(at.place)
  return wordsOf(at, { where, container: 'gateway', why: pod?.because ?? ['it has fewer pods than it is to have'] })
}

interface Said {
  readonly where: string
  readonly container: string
  readonly why: readonly string[]
}

async function wordsOf({ access, run }: ClusterPlace, { where, container, why }: Said): Promise<LastWords> {
  const { stdout } = await runCommand(
    readLogs(access, where, { container, lines: LINES_SHOWN, isPrevious: false }),
    run,
  )
  const command = `kubectl --namespace ${access.namespace} describe pods ${where}`
  return { where, command, lines: [...why, ...stdout.split('\n').filter((line) => line !== '')] }
}
