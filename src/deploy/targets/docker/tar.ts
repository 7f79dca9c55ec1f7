const BLOCK = 512
const NAME_BYTES_MAX = 100
const PREFIX_BYTES_MAX = 155

/** A small file on its way into a volume. */
export interface TarFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Permissions, such as 0o400. */
  readonly mode: number
  /** Number of its user and group. */
  readonly owner: number
}

export interface TarHead {
  /** Without a leading slash. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link'
  readonly mode: number
  readonly owner: number
  /** Of its content, in bytes; 0 for all but files. */
  readonly size: number
  /** Where a link leads. */
  readonly leadsTo?: string
}

/** A tar archive (POSIX ustar) of plain files, held in memory: for secrets, which are few and small. */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const blocks = files.flatMap(({ name, bytes, mode, owner }) => [
    tarHeader({ name, kind: 'file', mode, owner, size: bytes.length }),
    bytes,
    tarPadding(bytes.length),
  ])
  return Buffer.concat([...blocks, TAR_END])
}

/** What an archive ends with. */
export const TAR_END: Uint8Array = Buffer.alloc(2 * BLOCK)

/** What follows a content of `size` bytes, up to the next block. */
export function tarPadding(size: number): Uint8Array {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

/** The header block of one entry. Its time is always 1970: the same content is the same archive. */
export function tarHeader({ name, kind, mode, owner, size, leadsTo = '' }: TarHead): Uint8Array {
  const parts = splitName(name)
  if (Buffer.byteLength(leadsTo) > NAME_BYTES_MAX) throw new Error(`${leadsTo} is too long for a link in an archive`)
  const header = Buffer.alloc(BLOCK)
  header.write(parts.name, 0)
  header.write(octal(mode, 7), 100)
  header.write(octal(owner, 7), 108)
  header.write(octal(owner, 7), 116)
  header.write(octal(size, 11), 124)
  header.write(octal(0, 11), 136)
  // The checksum counts its own field as blanks.
  header.write('        ', 148)
  header.write({ file: '0', link: '2', folder: '5' }[kind], 156)
  header.write(leadsTo, 157)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(parts.prefix, 345)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return header
}

/** A name of more than 100 bytes is cut at a slash: the folders before it have a field of their own. */
function splitName(name: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return { prefix: '', name }
  for (let slash = name.indexOf('/', 1); slash !== -1; slash = name.indexOf('/', slash + 1)) {
    const [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)]
    if (Buffer.byteLength(prefix) > PREFIX_BYTES_MAX) break
    if (rest !== '' && Buffer.byteLength(rest) <= NAME_BYTES_MAX) return { prefix, name: rest }
  }
  throw new Error(`${name} is too long for a name in an archive`)
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
