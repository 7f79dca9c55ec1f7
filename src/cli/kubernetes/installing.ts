import { Problem } from '../../core/problem.ts'
import { controlName } from '../../deploy/targets/kubernetes/control.ts'
import { readLogs } from '../../deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../deploy/targets/kubernetes/control.ts'
import { lookAtInstallation } from '../../deploy/targets/kubernetes/look.ts'
import { readOwn, readOwnPod } from '../../deploy/targets/kubernetes/own-commands.ts'
import { ownIn, whyNot } from '../../deploy/targets/kubernetes/own.ts'
import { planInstallation } from '../../deploy/targets/kubernetes/plan-installation.ts'
import { architectureHere } from '../../deploy/targets/image/machine-node.ts'
import { ownImage } from '../../deploy/targets/image/own-image.ts'
import { mustFit, putImage } from '../../deploy/targets/image/put-image.ts'
import { mustRun, runAll, runCommand } from '../../deploy/targets/run-command.ts'
import type { Installed, LastWords } from '../hosted/hosted.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { clusterPlace, type ClusterPlace } from './place.ts'
import { wantedInstallation } from './wanted.ts'

/** From its objects to a ready pod: a volume has to be found, and the pod of before to finish. */
const READY_MS = 180_000
const LOOK_MS = 500
const LINES_SHOWN = 10
/** As much of an image's id as names it. */
const ID_LENGTH = 12

/** What the installation lacks, image aside: whatever is of this version will do. Changes nothing. */
export async function lookAtInstalled(project: Project): Promise<Installed> {
  const { access, place, run } = clusterPlace(project)
  const there = await lookAtInstallation(access, place, run)
  const isOurs = (image: string): boolean => image.startsWith(`${ownTag()}-`)
  const plan = planInstallation(access, wantedInstallation(project, ownTag()), there, isOurs)
  const { own, hasVolume } = there
  return {
    plan,
    isNew: own === null && !hasVolume,
    isRunning: own?.isRunning ?? false,
    hasImage: own !== null && isOurs(own.image),
  }
}

/**
 * Has the installation there and running, and replaces what differs from what is wanted. Its image has another name whenever
 * it is another one: nodes do not ask for a name again that they know.
 * @throws Problem `cluster.no-namespace` `environment.not-started` `image.not-here` `target.tool-missing` `target.tool-failed`
 */
export async function haveInstalled(project: Project, note: (text: string) => void): Promise<void> {
  const at = clusterPlace(project)
  const { access, place, run } = at
  const there = await lookAtInstallation(access, place, run)
  await mustFit(architectureHere(), null, run)
  const image = await ownImage(ownInstallation())
  const tag = `${ownTag()}-${image.id.replace('sha256:', '').slice(0, ID_LENGTH)}`
  const put = await putImage(image, tag, null, run)
  if (put.kind === 'sent') note(`${tag}: ${(put.bytes / 1_000_000).toFixed(1)} MB sent to the engine`)
  const plan = planInstallation(access, wantedInstallation(project, tag), there, (name) => name === tag)
  await runAll(plan.commands, run)
  if (plan.kind === 'nothing') return
  await untilReady(at, note)
  note(`${controlName(place)}: ${doneWords[plan.kind]} (${plan.because.join('; ')})`)
}

const doneWords = { make: 'made and started', start: 'started', replace: 'replaced' } as const

/** Until the pod is ready that is wanted now; what the cluster says meanwhile is told. */
async function untilReady(at: ClusterPlace, note: (text: string) => void): Promise<void> {
  const { access, place, run } = at
  const until = performance.now() + READY_MS
  let told = ''
  for (;;) {
    const own = ownIn(await mustRun(readOwn(access, place), run), place)
    if (own !== null && own.isRunning && own.isCurrent) return
    const why = whyNot(await mustRun(readOwnPod(access, place), run)).join('; ')
    if (why !== '' && why !== told) note(`${controlPod(place)} is not ready yet: ${why}`)
    told = why
    if (performance.now() > until) throw await notStarted(at)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function notStarted(at: ClusterPlace): Promise<Problem> {
  const { where, command, lines } = await lastWords(at)
  return new Problem('environment.not-started', `${where} does not become ready`, {
    hint: `Mend what is said here; \`${command}\` tells more.`,
    details: lines,
  })
}

/** Why control's pod does not run, and what it has said last. */
export async function lastWords({ access, place, run }: ClusterPlace): Promise<LastWords> {
  const where = controlPod(place)
  const why = whyNot(await mustRun(readOwnPod(access, place), run))
  const { stdout } = await runCommand(
    readLogs(access, where, { container: 'control', lines: LINES_SHOWN, isPrevious: false }),
    run,
  )
  const command = `kubectl --namespace ${access.namespace} describe pod ${where}`
  return { where, command, lines: [...why, ...stdout.split('\n').filter((line) => line !== '')] }
}
