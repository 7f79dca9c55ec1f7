import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import type { Family } from '../../artefacts/family.ts'
import type { CheckResult } from '../../artefacts/run-check.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { EXIT, print, printJson } from '../output.ts'
import { readProject, type Project } from '../project.ts'
import { version } from '../version.ts'

interface Options {
  readonly env?: string
  readonly out?: string
  readonly check?: boolean
  readonly force?: boolean
}

export const generateCommand: MakeCommand = (onExitCode) =>
  new Command('generate')
    .description('Write plain files from the config: monitoring. They are yours to keep, read and change.')
    .argument('[family...]', 'what to write: monitoring (default: all)')
    .option('-e, --env <environment>', "for which environment (default: 'local', or the only one)")
    .option(
      '--out <folder>',
      'where to (default: ops beside the config; ops/ENVIRONMENT for one that is not the default)',
    )
    .option('--check', 'write nothing; exit 1 when the folder is not what would be written')
    .option('--force', 'write over files that were changed by hand')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .addHelpText('after', '\nExamples:\n  seaworthy generate\n  seaworthy generate monitoring --env production --check')
    .action(async (names: readonly string[], options: Options, command: Command) => {
      const { config, json } = globalsOf(command)
      const { familiesNamed } = await import('../../artefacts/families.ts')
      const { filesOf } = await import('../../artefacts/family.ts')
      const { lookAtOutput, writeOutput } = await import('../../artefacts/output-folder.ts')
      const { driftOf } = await import('../../artefacts/output-plan.ts')
      const families = familiesNamed(names)
      const project = await readProject(config, options.env)
      const folder = folderOf(project, options)
      const made = `seaworthy ${version()}`
      const files = filesOf(families, project.app, made)

      const checks = await checksOf(families, project, files, options.check === true)
      const failed = checks.filter(({ verdict }) => verdict === 'failed')
      // What a check refuses is not written: the files that are there may be better.
      const writes = options.check !== true && failed.length === 0
      const plan = writes
        ? writeOutput(folder, files, { made, force: options.force ?? false })
        : lookAtOutput(folder, files)
      const drift = writes ? plan.leftOver.map((path) => `${path}: left over`) : driftOf(plan)
      onExitCode(failed.length > 0 || (options.check === true && drift.length > 0) ? EXIT.failed : EXIT.done)
      if (json) return printJson({ kind: 'generate', folder, written: writes, plan, drift, checks })
      print(reportOf({ folder: relative(process.cwd(), folder) || '.', writes, plan, drift, checks }))
    })

function folderOf(project: Project, { out }: Options): string {
  if (out !== undefined) return resolve(out)
  return project.isDefault ? join(project.folder, 'ops') : join(project.folder, 'ops', project.app.environment)
}

/** Checks what would be written, in a folder of its own, so that nothing wrong reaches the user's. */
async function checksOf(
  families: readonly Family[],
  { app }: Project,
  files: ReadonlyMap<string, string>,
  withSlow: boolean,
): Promise<readonly CheckResult[]> {
  const { runCheck } = await import('../../artefacts/run-check.ts')
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-generate-'))
  for (const [path, text] of files) {
    const file = join(scratch.path, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const results: CheckResult[] = []
  for (const family of families) {
    const artefacts = family.files(app)
    for (const check of family.checks(app)) {
      const isLeftOut = check.kind === 'tool' && check.isSlow === true && !withSlow
      if (isLeftOut) results.push({ name: check.name, verdict: 'not-verified', by: '--check', lines: [] })
      else results.push(await runCheck(check, artefacts, { folder: scratch.path, env: process.env }))
    }
  }
  return results
}

function reportOf(run: {
  readonly folder: string
  readonly writes: boolean
  readonly plan: Readonly<Record<'missing' | 'outdated' | 'changedByHand' | 'unchanged', readonly string[]>>
  readonly drift: readonly string[]
  readonly checks: readonly CheckResult[]
}): string {
  const { folder, writes, plan, drift, checks } = run
  const written = [...plan.missing, ...plan.outdated, ...plan.changedByHand]
  const of = (verdict: CheckResult['verdict']): readonly CheckResult[] =>
    checks.filter((check) => check.verdict === verdict)
  const head = writes
    ? `${folder}: ${written.length} written, ${plan.unchanged.length} unchanged`
    : `${folder}: nothing written; ${drift.length === 0 ? 'it is what would be written' : `${drift.length} differ`}`
  const notVerified = [...new Set(of('not-verified').map(({ by }) => by))]
  return [
    head,
    ...(writes ? written : []).map((path) => `  ${path}`),
    ...drift.map((line) => `  ${line}`),
    '',
    `${checks.length} checks: ${of('passed').length} passed, ${of('failed').length} failed, ${of('not-verified').length} not verified`,
    ...notVerified.map((by) =>
      by === '--check' ? '  unit tests: run by --check' : `  not verified by ${by}: not installed here, or too old`,
    ),
    ...of('failed').flatMap(({ name, by, lines }) => [`  ${name} (${by}):`, ...lines.map((line) => `    ${line}`)]),
  ].join('\n')
}
