import type { Status } from '../../control/api/contract.ts'
import type { Release } from '../../deploy/release.ts'
import { bridgeWords, followWords, readLogs } from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { ownName, stateVolume } from '../../deploy/targets/docker/names.ts'
import { observeNeeds } from '../../deploy/targets/docker/needs.ts'
import { agreeOnKey, listVolumes, logsOf, readRecords } from '../../deploy/targets/docker/own-commands.ts'
import { mustRun, runCommand } from '../../deploy/targets/run-command.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import type { Hosted, LastWords, LogSource, RecordsThere } from '../hosted/hosted.ts'
import { ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { KEY_FILE } from '../secret-values.ts'
import { lookAtDocker } from './doctor.ts'
import { execOnDocker } from './exec.ts'
import { haveInstalled, lookAtInstalled } from './installing.ts'
import { outlineOf } from './outline.ts'
import { dockerPlace, type DockerPlace } from './place.ts'
import { stopOnDocker } from './stop.ts'

const LINES_SHOWN = 10

/** An environment whose instances are containers of one engine. */
export function dockerHosted(project: Project): Hosted {
  const at = dockerPlace(project)
  return {
    bridge: bridgeWords(at.host, ownName(at.place)),
    look: () => lookAtInstalled(project),
    install: (note) => haveInstalled(project, note),
    records: recordsAt(at),
    lastWords: () => lastWords(at),
    agreeOnKey: (key) => agreeOnKey(at.host, at.place, KEY_FILE, key),
    isWhole: (status, live) => isWhole(at, status, live),
    // Containers of a release that is warm are started with the installation.
    gone: () => Promise.resolve([]),
    outline: (plan, scaled) => outlineOf(project, plan, scaled),
    logSources: () => logSources(at),
    exec: (asked) => execOnDocker(project, asked),
    restartGateway: null,
    stop: (removes) => stopOnDocker(project, removes),
    doctor: () => lookAtDocker(project),
  }
}

function recordsAt({ host, place, run }: DockerPlace): RecordsThere {
  const volume = stateVolume(place)
  return {
    place: `volume ${volume}`,
    reader: async (question) => {
      // A container that mounts a volume makes it where there is none.
      const volumes = (await mustRun(listVolumes(host, place), run)).split('\n')
      return volumes.includes(volume) ? readRecords(host, place, ownTag(), question) : null
    },
  }
}

async function lastWords({ host, place, run }: DockerPlace): Promise<LastWords> {
  const where = ownName(place)
  const { lastLines } = await runCommand(readLogs(host, where, LINES_SHOWN), { ...run, streams: true })
  return { where, command: `docker logs ${where}`, lines: lastLines }
}

async function isWhole(at: DockerPlace, status: Status, live: Release): Promise<boolean> {
  const startedAt = new Map(
    (await new Containers(at).observe())
      .filter(({ instance }) => instance.state !== 'stopped')
      .map(({ instance }) => [instance.id, instance.startedAt]),
  )
  // Also those that control knows from before they were started again.
  if (status.instances.some((one) => one.release === live.id && startedAt.get(one.id) !== one.startedAt)) return false
  const run = new Set((await observeNeeds(at)).filter((one) => one.isRunning).map(({ need }) => need))
  const ours = Object.keys(usedNeeds(live.config)).filter((need) => live.config.needs[need]!.url === null)
  return ours.every((need) => run.has(need))
}

async function logSources(at: DockerPlace): Promise<readonly LogSource[]> {
  return (await new Containers(at).observe()).map(({ id, instance }) => ({
    id,
    instance,
    read: (fromMs) => logsOf(at.host, id, fromMs),
    follow: (lines) => followWords(at.host, id, lines),
  }))
}
