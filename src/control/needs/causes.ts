/** What servers write about the usual reasons, and the sentence for each; the first that fits is told. */
const CAUSES: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [/No space left on device|Disk quota exceeded|errno: 28\b/i, 'the disk is full'],
  [/Address already in use/i, 'its port is taken by another program'],
  [/database files are incompatible with server/i, 'its data are of another version'],
  [/Can't handle RDB format version|unsupported version .* AOF/i, 'its data were written by a newer version'],
  [/data directory ".*" has (wrong ownership|invalid permissions)/i, 'its data folder has another owner or mode'],
  [/Permission denied|Operation not permitted/i, 'it may not read or write its files'],
  [/could not look up (local|effective) user/i, 'PostgreSQL wants its account to have a name in /etc/passwd'],
  [/pre-existing shared memory block|lock file ".*" already exists/i, 'processes of its last run have not ended yet'],
  [/could not map anonymous shared memory|Cannot allocate memory|Out Of Memory/i, 'there is not enough memory'],
  [
    /could not locate a valid checkpoint|invalid primary checkpoint|Bad file format|Unexpected end of file reading|invalid page in block/i,
    'its data are damaged',
  ],
]

/** Why a server ended, from its last lines; null when they do not say. */
export function causeIn(lines: readonly string[]): string | null {
  const text = lines.join('\n')
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
