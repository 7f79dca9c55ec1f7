import type { Errand } from '../../errand.ts'
import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { STEP_WITHIN_MS } from '../answered.ts'
import { variablesOf } from '../instance-shape.ts'
import { LABEL } from '../labels.ts'
import { migrationValues } from '../migration-values.ts'
import { copyPod, serviceFile, SERVICE_FILE } from './copy-pod.ts'
import { jobOf } from './job.ts'
import { componentLabels, objectName, placeOf, type Labels } from './names.ts'
import { migrationPolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'
import { oncePod, type PodTemplate } from './pod.ts'

type CommandErrand = Extract<Errand, { what: 'command' }>
type CopyErrand = Extract<Errand, { what: 'copy' }>

/** One step of a run, as a value. */
export interface MigrationStep {
  /** Of all its objects, and what whoever comes back after a crash finds it by. */
  readonly name: string
  /** Made first and removed last: the others are its own, and go with it, whoever is killed meanwhile. */
  readonly owner: KubernetesObject
  /** The rest, by the owner's identity. */
  readonly owned: (uid: string) => readonly KubernetesObject[]
}

/** The image of a release's service, as pods name it. */
export interface MadeImage {
  readonly image: string
  /** It has no entry and no check of ours. */
  readonly isOwn: boolean
  /** From the environment's registry. @default false */
  readonly pulls?: boolean
}

export interface StepInput {
  readonly release: Release
  readonly service: string
  /** Number of the run, which control gives. */
  readonly run: number
}

/** Of an errand of a run. */
export function stepName({ release, service, run }: StepInput, errand: number): string {
  return objectName(placeOf(release), service, 'migration', String(run), String(errand), release.id)
}

/**
 * A migration's command in the release's own image, as one of its instances would run: the same bounds, reach and folders. Of its
 * variables, those that the config does not spell out are files.
 */
export function commandStep(
  input: StepInput,
  { image, isOwn, pulls = false }: MadeImage,
  { id, argv, env }: CommandErrand,
): MigrationStep {
  const { release, service } = input
  const { services, needs } = release.config
  const declared = services[service]!
  const values = migrationValues(declared, env)
  const names = [...new Set([...secretNames(declared, needs), ...Object.keys(values)])]
  const name = stepName(input, id)
  return stepOf(input, {
    name,
    isApplying: env['REHEARSAL'] !== '1',
    variables: variablesOf(declared, {}, names),
    files: values,
    template: oncePod({ release, service, image, isOwn, pulls, own: name, hasSecrets: true, argv }, 'migration'),
  })
}

/** A copy of a database: what `pg_dump` writes into a file, `psql` reads; both of the need's own image. */
export function copyStep(input: StepInput, image: string, errand: CopyErrand): MigrationStep {
  const name = stepName(input, errand.id)
  return stepOf(input, {
    name,
    isApplying: false,
    variables: {},
    files: { [SERVICE_FILE]: serviceFile(errand) },
    template: copyPod(input, { image, secret: name, options: errand.options }),
  })
}

interface StepParts {
  readonly name: string
  readonly isApplying: boolean
  readonly variables: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  readonly template: PodTemplate
}

/** None of them carries the release's label: what a release is taken away with would end a step that changes the database. */
function stepOf({ release, service, run }: StepInput, parts: StepParts): MigrationStep {
  const { name, isApplying, variables, files, template } = parts
  const labels: Labels = {
    ...componentLabels(placeOf(release), 'migration'),
    [LABEL.migration]: String(run),
    ...(isApplying ? { [LABEL.applying]: 'yes' } : {}),
  }
  const policy = migrationPolicy(release, service)
  return {
    name,
    owner: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: variables },
    owned: (uid) => {
      const metadata = { name, labels, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }] }
      return [
        ...(policy === null ? [] : [{ ...policy, metadata }]),
        { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', immutable: true, data: encoded(files) },
        jobOf({ metadata, template, limitMs: STEP_WITHIN_MS }),
      ]
    },
  }
}

function encoded(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]))
}
