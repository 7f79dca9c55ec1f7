import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import type { AcmeChallenge } from '../../gateway/table.ts'
import type { Pair } from './pair.ts'

export interface AcmeAccount {
  readonly email: string
  /** Null: Let's Encrypt. */
  readonly directory: string | null
}

export const CHALLENGES = ['http-01', 'tls-alpn-01'] as const
export type ChallengeKind = (typeof CHALLENGES)[number]

export interface AcmeOrder {
  readonly account: AcmeAccount
  readonly domain: string
  /** Holds the account's key: made with the first order, and kept. */
  readonly accountFile: string
  /** The kind of challenge that is taken where the authority offers both. */
  readonly prefer: ChallengeKind
  /** Resolves when every worker answers it. */
  readonly answer: (challenge: AcmeChallenge) => Promise<void>
  readonly withdraw: (challenge: AcmeChallenge) => Promise<void>
}

/** A request to an authority that has no answer by then has failed. */
const REQUEST_MS = 30_000
/** How often the state of a challenge and of an order is asked for, at growing intervals. */
const POLLS_MAX = 12
const POLL_MS = { min: 1_000, max: 15_000 } as const

/**
 * Gets a certificate from an authority: account, order, challenge, key and certificate (RFC 8555 §7). A fresh key for each.
 * Rejects with what the authority says against it.
 */
export async function orderCertificate(order: AcmeOrder): Promise<Pair> {
  const { account, domain, accountFile, prefer, answer, withdraw } = order
  // Loaded with the first order: most environments have none.
  const { default: acme } = await import('acme-client')
  acme.axios.defaults.timeout = REQUEST_MS
  const client = new acme.Client({
    directoryUrl: account.directory ?? acme.directory.letsencrypt.production,
    accountKey: await accountKeyOf(accountFile, () => acme.crypto.createPrivateEcdsaKey('P-256')),
    backoffAttempts: POLLS_MAX,
    backoffMin: POLL_MS.min,
    backoffMax: POLL_MS.max,
  })
  const key = await acme.crypto.createPrivateEcdsaKey('P-256')
  const [, csr] = await acme.crypto.createCsr({ commonName: domain, altNames: [domain] }, key)
  const answered: AcmeChallenge[] = []
  try {
    const chain = await client.auto({
      csr,
      email: account.email,
      termsOfServiceAgreed: true,
      // From here the domain may well be another machine.
      skipChallengeVerification: true,
      challengePriority: [prefer, ...CHALLENGES.filter((kind) => kind !== prefer)],
      async challengeCreateFn(authorization, challenge, text) {
        const kind = CHALLENGES.find((each) => each === challenge.type)
        if (kind === undefined) throw new Error(`the authority offers nothing but ${challenge.type} for ${domain}`)
        const alpn =
          kind === 'http-01'
            ? null
            : await acme.crypto.createAlpnCertificate(authorization, text).then(([its, cert]) => ({
                key: its.toString(),
                cert: cert.toString(),
              }))
        const made = { domain: authorization.identifier.value, token: challenge.token, authorization: text, alpn }
        answered.push(made)
        await answer(made)
      },
      challengeRemoveFn: async () => {},
    })
    return { key: key.toString(), chain }
  } finally {
    for (const challenge of answered) await withdraw(challenge)
  }
}

async function accountKeyOf(path: string, make: () => Promise<Buffer>): Promise<string> {
  if (existsSync(path)) return readFileSync(path, 'utf8')
  const key = (await make()).toString()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileAtomic(path, key)
  return key
}
