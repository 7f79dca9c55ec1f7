import { readdir, readFile } from 'node:fs/promises'

export interface DescriptorUse {
  readonly open: number
  /** Null: as many as it likes. */
  readonly limit: number | null
}

/**
 * The open descriptors of the process that is closest to its limit: each has a limit of its own, and one that has reached it
 * fails however many the others have left. Null where it is not told: they belong to another user, or all are gone.
 */
export async function descriptorsOf(pids: readonly number[], proc = '/proc'): Promise<DescriptorUse | null> {
  const uses = await Promise.all(pids.map((pid) => useOf(`${proc}/${pid}`)))
  const known = uses.flatMap((use) => use ?? [])
  const share = ({ open, limit }: DescriptorUse): number => (limit === null ? 0 : open / limit)
  return known.toSorted((one, other) => share(other) - share(one) || other.open - one.open)[0] ?? null
}

async function useOf(folder: string): Promise<DescriptorUse | null> {
  try {
    const [open, limits] = await Promise.all([readdir(`${folder}/fd`), readFile(`${folder}/limits`, 'utf8')])
    // `Max open files            1024                 524288               files`: the first holds.
    const limit = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1]
    return { open: open.length, limit: limit === undefined || limit === 'unlimited' ? null : Number(limit) }
  } catch {
    return null
  }
}
