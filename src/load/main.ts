/** The generator's own process: options as JSON on stdin, the result as JSON on stdout. It ends early when stdin does. */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { generateLoad } from './generator.ts'
import type { LoadOptions } from './options.ts'

const gone = new AbortController()
const lines = createInterface({ input: process.stdin })
const { value } = (await lines[Symbol.asyncIterator]().next()) as { readonly value: string }
lines.once('close', () => gone.abort())
// Ctrl-C in a terminal reaches this process as well: whoever started it decides.
process.on('SIGINT', () => {})
const result = await generateLoad(JSON.parse(value) as LoadOptions, gone.signal)
writeSync(1, JSON.stringify(result))
process.exit(0)
