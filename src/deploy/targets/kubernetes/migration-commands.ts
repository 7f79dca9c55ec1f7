import type { Command } from '../command.ts'
import { LABEL, type Place } from '../labels.ts'
import { kubectl, selectorText, type Access } from './commands.ts'
import { placeSelector } from './names.ts'

/** What steps of migrations own everything of theirs by, of all runs of an environment, as JSON. */
export function listSteps(access: Access, place: Place): Command {
  return listed(access, place, 'configmaps')
}

/** Their jobs, as JSON. */
export function listJobs(access: Access, place: Place): Command {
  return listed(access, place, 'jobs')
}

/** The identity of a step's owner; nothing where there is none. */
export function readOwner(access: Access, name: string): Command {
  const argv = ['get', 'configmaps', name, '--ignore-not-found', '--output', 'jsonpath={.metadata.uid}']
  return kubectl(access, argv, `looks for ${name}`)
}

/** Its job, as JSON; nothing where there is none. */
export function readJob(access: Access, name: string): Command {
  const argv = ['get', 'jobs', name, '--ignore-not-found', '--output', 'json']
  return kubectl(access, argv, `looks how ${name} is`)
}

/** The pods of its job, as JSON. */
export function listJobPods(access: Access, name: string): Command {
  const argv = ['get', 'pods', '--selector', `job-name=${name}`, '--output', 'json']
  return kubectl(access, argv, `looks how the pod of ${name} is`)
}

/** What has happened to a job that has no pod, as JSON. */
export function listJobEvents(access: Access, name: string): Command {
  const field = `involvedObject.kind=Job,involvedObject.name=${name}`
  return kubectl(
    access,
    ['get', 'events', '--field-selector', field, '--output', 'json'],
    `looks what happened to ${name}`,
  )
}

/** All that the steps own goes with it. */
export function removeSteps(access: Access, names: readonly string[]): Command {
  const argv = ['delete', 'configmaps', ...names, '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, `removes ${names.join(', ')}`)
}

function listed(access: Access, place: Place, kind: 'configmaps' | 'jobs'): Command {
  const selector = `${selectorText(placeSelector(place))},${LABEL.migration}`
  return kubectl(access, ['get', kind, '--selector', selector, '--output', 'json'], 'looks for migrations')
}
