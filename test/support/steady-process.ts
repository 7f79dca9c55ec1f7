/** `steady-process.ts PORT PER_SECOND`: see steady.ts. Ends with its input and writes what it saw. */
import { Agent, request } from 'node:http'

const BEAT_MS = 10
/** Requests without an answer; beyond, sending waits and the report shows it. */
const OPEN_MAX = 2_000

const [port, perSecond] = process.argv.slice(2).map(Number) as [number, number]
const agent = new Agent({ keepAlive: true, maxSockets: 512 })
const answers: Record<string, number> = {}
const startedAt = performance.now()
let sent = 0
let open = 0

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond)
  for (; sent < due && open < OPEN_MAX; sent++) send()
}, BEAT_MS)

process.stdin.resume()
process.stdin.once('end', () => {
  clearInterval(timer)
  const seconds = (performance.now() - startedAt) / 1000
  const wait = setInterval(() => {
    if (open > 0) return
    clearInterval(wait)
    agent.destroy()
    process.stdout.write(JSON.stringify({ sent, seconds, answers }))
  }, BEAT_MS)
})

function send(): void {
  open += 1
  let isOver = false
  const end = (what: string): void => {
    if (isOver) return
    isOver = true
    open -= 1
    answers[what] = (answers[what] ?? 0) + 1
  }
  const asked = request({ host: '127.0.0.1', port, agent, timeout: 20_000 }, (response) => {
    const what = `${String(response.headers['seaworthy-release'])} ${response.statusCode}`
    response.on('end', () => end(what))
    response.on('error', () => end('none'))
    response.resume()
  })
  asked.on('timeout', () => asked.destroy(new Error('no answer')))
  asked.on('error', () => end('none'))
  asked.end()
}
