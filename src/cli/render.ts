import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { lookAtOutput, writeOutput } from '../artefacts/output-folder.ts'
import type { OutputPlan } from '../artefacts/output-plan.ts'
import { yamlText } from '../artefacts/yaml.ts'
import { checkConfig, type CheckedConfig } from '../config/check.ts'
import { loadConfig } from '../config/load.ts'
import { Problem } from '../core/problem.ts'
import { readSource } from '../deploy/source.ts'
import { makeImage } from '../deploy/targets/docker/images.ts'
import { haveInRegistry } from '../deploy/targets/docker/push.ts'
import { renderFiles, type RenderedFile } from '../deploy/targets/kubernetes/render/files.ts'
import {
  placeInRegistry,
  renderedImages,
  type Registry,
  type RenderedImage,
} from '../deploy/targets/kubernetes/render/images.ts'
import type { Overlay } from '../deploy/targets/kubernetes/render/input.ts'
import { mustRender } from '../deploy/targets/kubernetes/render/not-rendered.ts'
import { renderedRelease } from '../deploy/targets/kubernetes/render/objects.ts'
import { wantedSecrets, type WantedSecret } from '../deploy/targets/kubernetes/render/readme.ts'
import { EXIT, print, printJson } from './output.ts'
import { readProject, type Project } from './project.ts'
import { mustBeFeasible } from './promise-facts.ts'
import { version } from './version.ts'

interface Render {
  readonly config: string
  /** Undefined: every environment on Kubernetes. */
  readonly environment: string | undefined
  /** Where to. */
  readonly folder: string
  readonly registry: string | undefined
  /** Images are made here and brought to the registry, and so have a digest. */
  readonly pushes: boolean
  /** Also over what was changed by hand. */
  readonly force: boolean
  readonly writes: boolean
  readonly json: boolean
}

/**
 * Writes the release as files for others to apply. Asks no cluster, an engine only to push, and reads no secret. Returns the exit
 * code.
 * @throws Problem `render.not-kubernetes` `render.same-place` `render.other-environments` `render.refused`
 *   `generate.changed-by-hand`
 */
export async function render(wanted: Render): Promise<number> {
  const folder = resolve(wanted.folder)
  const { raw, file } = await loadConfig(wanted.config)
  const checked = checkConfig(raw, file)
  const all = onKubernetes(checked)
  const [first, ...others] = await Promise.all(namesOf(checked, wanted).map((name) => overlayOf(name, wanted, folder)))
  const overlays = [first!, ...others] as const
  mustBeApart(overlays, checked)
  const name = wanted.registry?.replace(/\/+$/, '') ?? registryOf(overlays)
  if (wanted.pushes && name === null)
    throw new Problem('cli.usage', '--push needs --registry, or a `registry` in the environments')
  for (const { release } of overlays) mustRender(release.config)
  const registry = { name, digests: wanted.pushes && name !== null ? await pushed(overlays, name) : new Map() }
  const files = new Map(renderFiles({ overlays, registry }).map((one) => [one.path, textOf(one)]))

  const before = lookAtOutput(folder, files)
  const rendered = overlays.map(({ release }) => release.config.environment)
  mustHoldAll(
    folder,
    before,
    all.filter((name) => !rendered.includes(name)),
  )
  const plan = wanted.writes
    ? writeOutput(folder, files, { made: `seaworthy ${version()}`, force: wanted.force, removes: true })
    : before
  const kept = plan.leftOver.filter((path) => existsSync(join(folder, path)))
  const facts = overlays.map((overlay) => factsOf(overlay, registry))
  if (wanted.json) printJson({ kind: 'render', folder, written: wanted.writes, plan, kept, environments: facts })
  else print(reportOf({ folder: relative(process.cwd(), folder) || '.', writes: wanted.writes, plan, kept, facts }))
  return EXIT.done
}

/** What the environments name, which stand on one base: the same, or none of them. */
function registryOf(overlays: readonly Rendering[]): string | null {
  const [first = null, ...others] = new Set(overlays.map(({ registry }) => registry))
  if (others.length === 0) return first
  throw new Problem('cli.usage', 'the environments do not name one registry', {
    hint: 'Render each to a folder of its own, or say which with --registry.',
  })
}

function onKubernetes({ app }: CheckedConfig): readonly string[] {
  return Object.entries(app.environments)
    .filter(([, { target }]) => target === 'kubernetes')
    .map(([name]) => name)
}

function namesOf(checked: CheckedConfig, { environment }: Render): readonly string[] {
  const all = onKubernetes(checked)
  const isKnown = environment === undefined || Object.hasOwn(checked.app.environments, environment)
  // One that is not there is told of by whoever reads it.
  if (environment !== undefined && (!isKnown || all.includes(environment))) return [environment]
  if (environment === undefined && all.length > 0) return all
  throw new Problem(
    'render.not-kubernetes',
    environment === undefined ? 'no environment has target kubernetes' : `${environment} has another target`,
    { hint: "What is rendered are objects of Kubernetes: name an environment with target: 'kubernetes'." },
  )
}

interface Rendering extends Overlay {
  readonly projectFolder: string
  /** Of the files that the release is made of. */
  readonly keptOut: readonly string[]
  readonly context: string | null
  /** That the environment names. */
  readonly registry: string | null
}

async function overlayOf(name: string, { config }: Render, output: string): Promise<Rendering> {
  const project: Project = await readProject(config, name)
  const { app, folder, keptOut, stateFolder, checked, registry } = project
  mustBeFeasible(app, stateFolder)
  // Else what is written would change what it is written from.
  const out = [...keptOut, output]
  const artifacts: Record<string, string> = {}
  for (const [service, declared] of Object.entries(app.services))
    artifacts[service] = (await readSource(folder, declared, out)).hash
  const { context = null, namespace = app.name } = checked.app.environments[name]!
  return { release: renderedRelease(app, artifacts), namespace, context, projectFolder: folder, keptOut: out, registry }
}

/** Has the images of all that is made in their registry; their digests there, by name. One image may be several environments'. */
async function pushed(overlays: readonly Rendering[], registry: string): Promise<ReadonlyMap<string, string>> {
  const run = { env: process.env }
  const digests = new Map<string, string>()
  for (const { release, projectFolder, keptOut } of overlays) {
    for (const [service, declared] of Object.entries(release.config.services)) {
      const name = placeInRegistry(release, service, registry)
      if (declared.run.kind === 'image' || digests.has(name)) continue
      const make = () => makeImage(release, service, { host: null, run, projectFolder, keptOut })
      const reference = await haveInRegistry(null, { name, make }, run)
      digests.set(name, reference.slice(reference.indexOf('@') + 1))
    }
  }
  return digests
}

/** Objects of two environments have the same names. */
function mustBeApart(overlays: readonly Rendering[], { app }: CheckedConfig): void {
  const places = new Map<string, string>()
  for (const { release, namespace, context } of overlays) {
    const { environment } = release.config
    const other = places.get(`${context} ${namespace}`)
    places.set(`${context} ${namespace}`, environment)
    if (other === undefined) continue
    throw new Problem(
      'render.same-place',
      `${other} and ${environment} of ${app.name} are in one namespace, ${namespace}`,
      {
        hint: `Give one of them another: environments.${environment}.namespace.`,
      },
    )
  }
}

/** A base that is written anew for one environment would change what another has beside it. */
function mustHoldAll(folder: string, { leftOver }: OutputPlan, others: readonly string[]): void {
  const left = others.filter((name) => leftOver.some((path) => path.startsWith(`overlays/${name}/`)))
  if (left.length === 0) return
  throw new Problem('render.other-environments', `${folder} holds ${left.join(', ')} as well, on the same base`, {
    hint: 'Render all of them, without naming one, or each to a folder of its own. Nothing was written.',
  })
}

function textOf(file: RenderedFile): string {
  return 'text' in file ? file.text : file.documents.map(yamlText).join('---\n')
}

interface EnvironmentFacts {
  readonly environment: string
  readonly namespace: string
  readonly release: string
  readonly digest: string
  readonly images: readonly Omit<RenderedImage, 'entry'>[]
  readonly secrets: readonly WantedSecret[]
}

function factsOf(overlay: Overlay, registry: Registry): EnvironmentFacts {
  const { release, namespace } = overlay
  const images = renderedImages(release, registry).map(({ service, reference, isMade }) => ({
    service,
    reference,
    isMade,
  }))
  const { id, digest, config } = release
  return { environment: config.environment, namespace, release: id, digest, images, secrets: wantedSecrets(overlay) }
}

function reportOf(run: {
  readonly folder: string
  readonly writes: boolean
  readonly plan: OutputPlan
  readonly kept: readonly string[]
  readonly facts: readonly EnvironmentFacts[]
}): string {
  const { folder, writes, plan, kept, facts } = run
  const changed = [...plan.missing, ...plan.outdated, ...plan.changedByHand]
  const removed = plan.leftOver.filter((path) => !kept.includes(path))
  const [written, gone] = writes ? ['written', 'removed'] : ['would be written', 'would be removed']
  const leaves = writes ? removed : plan.leftOver
  return [
    `${folder}: ${changed.length} ${written}, ${leaves.length} ${gone}, ${plan.unchanged.length} unchanged`,
    ...changed.map((path) => `  ${path}`),
    ...leaves.map((path) => `  ${path}: ${gone}`),
    ...(writes ? kept.map((path) => `  ${path}: no longer wanted, but changed by hand: yours to remove`) : []),
    ...facts.flatMap(linesOf),
    '',
    'Whoever applies it needs neither this command nor Seaworthy, and has no gateway of Seaworthy: README.md there says what that means.',
  ].join('\n')
}

function linesOf({ environment, namespace, release, images, secrets }: EnvironmentFacts): readonly string[] {
  const made = images.filter(({ isMade, reference }) => isMade && !reference.includes('@'))
  return [
    '',
    `${environment}: release ${release}, namespace ${namespace}`,
    ...images.map(({ service, reference }) => `  image of ${service}: ${reference}`),
    ...(made.length === 0
      ? []
      : [
          `  ${made.map(({ service }) => service).join(', ')}: by tag, a hash of what it is made of; a digest it has once a registry has it (--push)`,
        ]),
    ...secrets.map(({ name, keys }) => `  Secret ${name}, yours to provide: ${keys.join(', ')}`),
  ]
}
