import { splitWords } from '../../core/words.ts'
import { finding, type Finding } from '../explain-issue.ts'
import { showValue, type Path } from '../path.ts'
import type { Service } from '../schema/app.ts'
import { isDamaged, type AppRule, type Scene } from './scene.ts'

/** A migration whose first word is `sql` is run by Seaworthy itself: it needs files, and one database to run them on. */
export const migrationRules: readonly AppRule[] = [
  (scene) =>
    Object.entries(scene.app.services).flatMap(([name, service]) =>
      (['expand', 'contract'] as const).flatMap((phase) =>
        sqlHasOneDatabase(scene, service, { phase, path: ['services', name] }),
      ),
    ),
]

function sqlHasOneDatabase(
  scene: Scene,
  { migrate, uses = {} }: Service,
  { phase, path }: { readonly phase: 'expand' | 'contract'; readonly path: Path },
): readonly Finding[] {
  const written = migrate?.[phase]
  if (written === undefined || isDamaged(scene, [...path, 'uses']) || isDamaged(scene, ['needs'])) return []
  const split = splitWords(written)
  if (!split.ok || split.words[0] !== 'sql') return []
  const [, folder, need, more] = split.words
  const databases = Object.keys(uses).filter((name) => isDatabase(scene, name))
  const expected = expectedOf({ folder, need, more, databases })
  return expected === null ? [] : [finding([...path, 'migrate', phase], showValue(written), expected)]
}

interface Words {
  readonly folder: string | undefined
  readonly need: string | undefined
  readonly more: string | undefined
  readonly databases: readonly string[]
}

/** What it should have been; null when it is right. */
function expectedOf({ folder, need, more, databases }: Words): string | null {
  if (folder === undefined || more !== undefined) return "files to run; write it such as 'sql migrations'"
  if (databases.length === 0) return "a service that uses a postgres or a sqlite; declare uses: { db: 'required' }"
  if (need !== undefined && databases.includes(need)) return null
  if (need === undefined && databases.length === 1) return null
  return `one of the databases it uses (${databases.join(', ')}); write it such as 'sql ${folder} ${databases[0]}'`
}

function isDatabase({ app }: Scene, need: string): boolean {
  const kind = app.needs?.[need]?.kind
  return kind === 'postgres' || kind === 'sqlite'
}
