/** The entry of whoever asks for records from outside: `records STATE QUESTION` answers on stdout and ends. It writes nothing. */
import { pipeline } from 'node:stream/promises'
import { answerTo } from './answer.ts'
import type { Question } from './question.ts'

const [state, question] = process.argv.slice(2)
if (state === undefined || question === undefined) {
  process.stderr.write('seaworthy: name the state folder and the question\n')
  process.exit(2)
}
await pipeline(answerTo(state, JSON.parse(question) as Question), process.stdout)
