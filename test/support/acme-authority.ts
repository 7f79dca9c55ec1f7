/**
 * A certificate authority that speaks ACME (RFC 8555) on loopback: signatures, nonces and what certificates ask for are
 * checked as the RFC says, and a domain is only believed after the gateway has answered for it.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, flattenedVerify, importJWK, type FlattenedJWSInput, type JWK } from 'jose'
import { createIssuer, type Issuer } from './acme-issuer.ts'
import { checkHttp, checkTlsAlpn, type Where } from './acme-checks.ts'

export interface AuthorityOptions {
  /** The ways of proof it offers. @default both */
  readonly offers?: readonly ('http-01' | 'tls-alpn-01')[]
  /** Milliseconds that its certificates last. @default 90 days */
  readonly lifeMs?: number
  /** Where the domains are: a test has no name servers. */
  readonly where: () => Where | Promise<Where>
}

export interface Authority extends AsyncDisposable {
  readonly directory: string
  /** PEM of the root. */
  readonly root: string
  /** Certificates it has issued, as PEM. */
  readonly issued: readonly string[]
  /** What it was asked for, by path, in order: to see who comes too often. */
  readonly calls: readonly string[]
  /** Proofs that it took, by their kind. */
  readonly proofs: readonly string[]
  /** Thumbprints of the keys of its accounts. */
  readonly accounts: readonly string[]
  /** Refuses new orders, with this as a reason; null: takes them again. */
  refuse(reason: string | null): void
}

interface Order {
  readonly id: string
  readonly account: string
  readonly domain: string
  readonly token: string
  status: 'pending' | 'ready' | 'valid' | 'invalid'
  problem: AcmeProblem | null
  certificate: string | null
}

interface AcmeProblem {
  readonly type: string
  readonly detail: string
}

class Refusal extends Error {
  readonly status: number
  readonly problem: AcmeProblem
  constructor(status: number, type: string, detail: string) {
    super(detail)
    this.status = status
    this.problem = { type: `urn:ietf:params:acme:error:${type}`, detail }
  }
}

const BODY_BYTES_MAX = 64 * 1024

export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const { offers = ['http-01', 'tls-alpn-01'], lifeMs = 90 * 86_400_000, where } = options
  const issuer: Issuer = await createIssuer()
  const nonces = new Set<string>()
  const accounts = new Map<string, JWK>()
  const orders = new Map<string, Order>()
  const issued: string[] = []
  const calls: string[] = []
  const proofs: string[] = []
  let refusal: string | null = null

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { status, problem } = error instanceof Refusal ? error : new Refusal(500, 'serverInternal', String(error))
      send(response, status, problem, { 'Content-Type': 'application/problem+json' })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    directory: `${base}/directory`,
    root: issuer.root,
    issued,
    calls,
    proofs,
    get accounts() {
      return [...accounts.keys()]
    },
    refuse: (reason) => void (refusal = reason),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    calls.push(path)
    response.setHeader('Replay-Nonce', freshNonce())
    if (path === '/directory') {
      const of = (name: string): string => `${base}/${name}`
      return send(response, 200, {
        newNonce: of('nonce'),
        newAccount: of('account'),
        newOrder: of('order'),
        revokeCert: of('revoke'),
        keyChange: of('key'),
        meta: { termsOfService: of('terms') },
      })
    }
    if (path === '/nonce') return send(response, request.method === 'HEAD' ? 200 : 204, null)
    if (request.method !== 'POST') throw new Refusal(405, 'malformed', 'POST as GET is the way')
    const { account, payload, jwk } = await verified(request, path)
    const [, resource, id = ''] = path.split('/')
    switch (resource) {
      case 'account':
        return register(response, jwk, payload)
      case 'order':
        if (id === '') return send(response, ...makeOrder(account, payload))
        return send(response, ...shown(orderOf(id, account)))
      case 'authorization':
        return send(response, 200, authorizationOf(orderOf(id, account)))
      case 'challenge':
        return send(response, 200, await prove(orderOf(id, account), path.split('/')[3] ?? ''))
      case 'finalize':
        return send(response, ...(await finalize(orderOf(id, account), payload)))
      case 'certificate': {
        const pem = orderOf(id, account).certificate
        if (pem === null) throw new Refusal(404, 'malformed', 'there is none')
        response.writeHead(200, { 'Content-Type': 'application/pem-certificate-chain' })
        return void response.end(pem)
      }
      default:
        throw new Refusal(404, 'malformed', path)
    }
  }

  /** RFC 8555 §6: who signs, over what, for which URL, and not twice. */
  async function verified(
    request: IncomingMessage,
    path: string,
  ): Promise<{ account: string; payload: Record<string, unknown>; jwk: JWK }> {
    if (request.headers['content-type'] !== 'application/jose+json') throw new Refusal(415, 'malformed', 'no JWS')
    const jws = JSON.parse(await textOf(request)) as FlattenedJWSInput & { protected: string }
    const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as {
      alg: string
      nonce?: string
      url?: string
      kid?: string
      jwk?: JWK
    }
    if (header.url !== `${base}${path}`) throw new Refusal(401, 'unauthorized', 'signed for another URL')
    if (header.nonce === undefined || !nonces.delete(header.nonce))
      throw new Refusal(400, 'badNonce', 'not one of mine')
    const isNew = path === '/account'
    if (isNew !== (header.jwk !== undefined) || isNew === (header.kid !== undefined)) {
      throw new Refusal(400, 'malformed', 'jwk for a new account, kid for all else')
    }
    const thumbprint = header.kid?.split('/').at(-1) ?? ''
    const jwk = header.jwk ?? accounts.get(thumbprint)
    if (jwk === undefined) throw new Refusal(400, 'accountDoesNotExist', thumbprint)
    const { payload } = await flattenedVerify(jws, await importJWK(jwk, header.alg), { algorithms: ['ES256'] })
    const text = Buffer.from(payload).toString()
    return { account: thumbprint, jwk, payload: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
  }

  async function register(response: ServerResponse, jwk: JWK, payload: Record<string, unknown>): Promise<void> {
    const thumbprint = await calculateJwkThumbprint(jwk)
    const isKnown = accounts.has(thumbprint)
    if (!isKnown && payload['onlyReturnExisting'] === true) throw new Refusal(400, 'accountDoesNotExist', thumbprint)
    if (!isKnown && payload['termsOfServiceAgreed'] !== true) throw new Refusal(403, 'userActionRequired', 'terms')
    accounts.set(thumbprint, jwk)
    const account = { status: 'valid', contact: payload['contact'] ?? [] }
    send(response, isKnown ? 200 : 201, account, { Location: `${base}/account/${thumbprint}` })
  }

  function makeOrder(account: string, payload: Record<string, unknown>): [number, object, Record<string, string>] {
    if (refusal !== null) throw new Refusal(403, 'rejectedIdentifier', refusal)
    const identifiers = payload['identifiers'] as readonly { type: string; value: string }[]
    if (identifiers.length !== 1 || identifiers[0]!.type !== 'dns') throw new Refusal(400, 'malformed', 'one name')
    const id = random()
    const domain = identifiers[0]!.value
    orders.set(id, { id, account, domain, token: random(), status: 'pending', problem: null, certificate: null })
    const [, order] = shown(orders.get(id)!)
    return [201, order, { Location: `${base}/order/${id}` }]
  }

  function shown(order: Order): [number, object] {
    const { id, domain, status, problem, certificate } = order
    return [
      200,
      {
        status,
        identifiers: [{ type: 'dns', value: domain }],
        authorizations: [`${base}/authorization/${id}`],
        finalize: `${base}/finalize/${id}`,
        ...(problem === null ? {} : { error: problem }),
        ...(certificate === null ? {} : { certificate: `${base}/certificate/${id}` }),
      },
    ]
  }

  function authorizationOf(order: Order): object {
    const status = order.status === 'ready' ? 'valid' : order.status
    const challenges = offers.map((kind) => challengeOf(order, kind))
    return { status, identifier: { type: 'dns', value: order.domain }, challenges }
  }

  function challengeOf({ id, token, status, problem }: Order, kind: string): object {
    const its = status === 'ready' ? 'valid' : status
    const error = problem === null ? {} : { error: problem }
    return { type: kind, url: `${base}/challenge/${id}/${kind}`, token, status: its, ...error }
  }

  async function prove(order: Order, kind: string): Promise<object> {
    if (order.status !== 'pending') return challengeOf(order, kind)
    const check = { domain: order.domain, token: order.token, authorization: `${order.token}.${order.account}` }
    const place = await where()
    const against = kind === 'http-01' ? await checkHttp(place, check) : await checkTlsAlpn(place, check)
    if (against === null) {
      proofs.push(kind)
      order.status = 'ready'
    } else {
      order.status = 'invalid'
      order.problem = { type: 'urn:ietf:params:acme:error:unauthorized', detail: against }
    }
    return challengeOf(order, kind)
  }

  async function finalize(order: Order, payload: Record<string, unknown>): Promise<[number, object]> {
    if (order.status !== 'ready') throw new Refusal(403, 'orderNotReady', order.status)
    const made = await issuer.issue(String(payload['csr']), { domain: order.domain, lifeMs })
    if (typeof made !== 'string') throw new Refusal(400, 'badCSR', made.because)
    order.certificate = made
    order.status = 'valid'
    issued.push(made)
    return shown(order)
  }

  function orderOf(id: string, account: string): Order {
    const order = orders.get(id)
    if (order?.account !== account) throw new Refusal(404, 'malformed', 'no such order of yours')
    return order
  }

  function freshNonce(): string {
    const nonce = random()
    nonces.add(nonce)
    return nonce
  }
}

function random(): string {
  return randomBytes(16).toString('base64url')
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > BODY_BYTES_MAX) throw new Refusal(413, 'malformed', 'too large')
  }
  return text
}

function send(
  response: ServerResponse,
  status: number,
  body: object | null,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...(body === null ? {} : { 'Content-Type': 'application/json' }), ...headers })
  response.end(body === null ? undefined : JSON.stringify(body))
}
