// Answers, and shows SERIES series of its own at /metrics: counters, most of which hardly ever count, as those of an app are.
import { createServer } from 'node:http'

const { PORT, SERIES = '0' } = process.env
const counts = Array.from({ length: Number(SERIES) }, () => 0)

createServer((request, response) => {
  if (request.url !== '/metrics') return response.end('ok')
  for (let index = 0; index < counts.length; index += 1 + (index % 7)) counts[index] += index % 5
  const lines = counts.map((count, index) => `app_work_total{queue="queue-${index % 50}",step="${index}"} ${count}`)
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.end(`# TYPE app_work_total counter\n${lines.join('\n')}\n`)
}).listen(Number(PORT), '127.0.0.1')
