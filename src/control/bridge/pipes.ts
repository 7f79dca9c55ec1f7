import { Duplex, type Readable, type Writable } from 'node:stream'

/**
 * Two pipes of a process as one line. (`Duplex.from` makes one over which a client session of `node:http2` never begins.)
 * A pipe that ends or breaks does not end the line: that is for whoever knows why it did, and destroys it then.
 */
export function joinPipes(input: Readable, output: Writable): Duplex {
  const line: Duplex = new Duplex({
    read: () => void input.resume(),
    write: (chunk: Buffer, _, done) => void output.write(chunk, () => done()),
    final: (done) => void output.end(() => done()),
    destroy: (_, done) => {
      input.destroy()
      output.destroy()
      done(null)
    },
  })
  input.on('data', (chunk: Buffer) => {
    if (!line.push(chunk)) input.pause()
  })
  for (const pipe of [input, output]) pipe.on('error', () => {})
  return line
}
