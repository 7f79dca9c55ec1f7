import { at, firstOf } from './look.ts'
import type { PackageJson } from './package-json.ts'
import type { ProjectFiles } from './project-files.ts'

/** How a project's packages are installed and its scripts run, as commands for a shell. */
export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn'
  readonly because: string
  /** With everything, for a build; the versions are those of the lockfile where there is one. */
  readonly install: string
  /** Without what only development needs. */
  readonly installForRunning: string
  /** Runs a script of a package; `member` is its folder inside the workspace, null for the package itself. */
  run(script: string, member: string | null): string
  /** Runs a program that a member's packages bring, in the member's folder. */
  exec(program: string, member: string): string
  readonly hasLock: boolean
}

const LOCKS = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
} as const

/** The package manager by `packageManager`, else by the lockfile, else npm. */
export function packageManagerOf(project: ProjectFiles, { folder, packageManager }: PackageJson): PackageManager {
  const declared = /^(npm|pnpm|yarn)@(\d+)/.exec(packageManager ?? '')
  const names = ['pnpm', 'yarn', 'npm'] as const
  const locked = names.find((name) => firstOf(project, folder, LOCKS[name]) !== null)
  const name = (declared?.[1] as PackageManager['name'] | undefined) ?? locked ?? 'npm'
  const lock = firstOf(project, folder, LOCKS[name])
  const file = at(folder, 'package.json')
  const locking = lock === null ? 'no lockfile: versions may differ from build to build' : at(folder, lock)
  const because = declared
    ? `${file}: packageManager ${declared[0]}; ${locking}`
    : lock === null
      ? `${file}: ${locking}`
      : locking
  const hasLock = lock !== null
  switch (name) {
    case 'npm':
      return {
        name,
        because,
        hasLock,
        install: hasLock ? 'npm ci' : 'npm install --no-audit --no-fund',
        installForRunning: hasLock ? 'npm ci --omit=dev' : 'npm install --omit=dev --no-audit --no-fund',
        run: (script, member) =>
          `${script === 'start' ? 'npm start' : `npm run ${script}`}${member === null ? '' : ` --workspace ${member}`}`,
        exec: (program, member) => `npm exec --workspace ${member} -- ${program}`,
      }
    case 'pnpm': {
      const frozen = hasLock ? ' --frozen-lockfile' : ''
      return {
        name,
        because,
        hasLock,
        install: `pnpm install${frozen}`,
        installForRunning: `pnpm install${frozen} --prod`,
        run: (script, member) => (member === null ? `pnpm run ${script}` : `pnpm --filter ./${member} run ${script}`),
        exec: (program, member) => `pnpm --filter ./${member} exec ${program}`,
      }
    }
    case 'yarn': {
      const isClassic = declared ? Number(declared[2]) < 2 : firstOf(project, folder, ['.yarnrc.yml']) === null
      const frozen = hasLock ? (isClassic ? ' --frozen-lockfile' : ' --immutable') : ''
      return {
        name,
        because,
        hasLock,
        install: `yarn install${frozen}`,
        installForRunning: `yarn install${frozen}${isClassic ? ' --production' : ''}`,
        run: (script, member) => (member === null ? `yarn run ${script}` : `yarn --cwd ${member} run ${script}`),
        exec: (program, member) => `yarn --cwd ${member} run ${program}`,
      }
    }
  }
}
