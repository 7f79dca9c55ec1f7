const BLOCK = 512
const NAME_BYTES_MAX = 100

/** A small file on its way into a volume. */
export interface TarFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Permissions, such as 0o400. */
  readonly mode: number
  /** Number of its user and group. */
  readonly owner: number
}

/** A tar archive (POSIX ustar) of plain files, held in memory: for secrets, which are few and small. */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const blocks = files.flatMap(({ name, bytes, mode, owner }) => {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new Error(`${name} is too long for a name in an archive`)
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)
    return [headerOf({ name, mode, owner, size: bytes.length }), bytes, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

function headerOf(file: { name: string; mode: number; owner: number; size: number }): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(file.name, 0)
  header.write(octal(file.mode, 7), 100)
  header.write(octal(file.owner, 7), 108)
  header.write(octal(file.owner, 7), 116)
  header.write(octal(file.size, 11), 124)
  header.write(octal(0, 11), 136)
  // The checksum counts its own field as blanks.
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return header
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
