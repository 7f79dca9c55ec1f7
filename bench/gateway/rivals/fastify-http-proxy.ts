/** @fastify/http-proxy with kept-alive connections, as its documentation has it: `node fastify-http-proxy.ts PORT UPSTREAM`. */
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const [port, upstream] = process.argv.slice(2).map(Number)
const app = fastify({ keepAliveTimeout: 600_000, bodyLimit: 16 * 1024 * 1024 })
await app.register(proxy, {
  upstream: `http://127.0.0.1:${upstream}`,
  undici: { connections: 256, pipelining: 1, keepAliveTimeout: 60_000 },
})
await app.listen({ host: '127.0.0.1', port: port! })
