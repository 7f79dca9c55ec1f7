import type { Look } from '../target.ts'
import { ownOnPort, type Evidence, type Explain } from './evidence.ts'

/** Passing and failing by turns this often is no accident of the start. */
const RELAPSES_MIN = 2
const BYTES_SHOWN = 48
const LOGIN = /log-?in|sign-?in|\bauth\b|\/auth|sso|oauth|saml|session\/new/i
/** Servers that notice: nginx, Go, Apache. */
const WANTS_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL/i
/** What a service says in the body that is not ready, whatever its status. */
const NOT_READY =
  /\b(?:not[_ -]?ready|un[_ -]?ready|unhealthy|degraded|starting(?:[_ -]up)?|initiali[sz]ing|warming[_ -]up|unavailable)\b|"(?:ready|ok|healthy)"\s*:\s*false|"status"\s*:\s*"(?:down|error|fail(?:ed)?|critical)"/i
const NOT_READY_BYTES = 1_000

/** Words of a body that contradict a good status; null when it has none. Only `health.expect` decides. */
export function saysNotReady(body: string): string | null {
  return NOT_READY.exec(body.slice(0, NOT_READY_BYTES))?.[0] ?? null
}

export const flapping: Explain = ({ seen }) => {
  if (seen.relapses < RELAPSES_MIN) return null
  const last =
    seen.last?.kind === 'fail' || seen.last?.kind === 'gone' ? `; the last failure: ${seen.last.because}` : ''
  return {
    name: 'flapping',
    certainty: 'proven',
    text: `it passes and fails by turns: ${seen.passed} of ${seen.probes} probes passed, and ${seen.relapses} times it failed again right after a pass${last}`,
    basis: "the gate's own count",
    cure: 'Find out what comes and goes: one of several workers, a dependency, a timeout near its limit.',
  }
}

export const tlsOnPlainPort: Explain = (evidence) => {
  const { instance, experiments } = evidence
  const said = look(evidence)
  const isHinted = said !== null && WANTS_TLS.test(said.body)
  if (ownOnPort(evidence).length === 0 || !(experiments.tls === true || isHinted)) return null
  return {
    name: 'tls-on-plain-port',
    certainty: experiments.tls === true ? 'proven' : 'likely',
    text: `it speaks TLS on port ${instance.port}, where plain HTTP is asked`,
    basis: experiments.tls === true ? 'it answered a TLS hello' : 'its answer to plain HTTP says so',
    cure: 'Let it speak plain HTTP on $PORT; the gateway is where TLS ends.',
  }
}

export const http2Only: Explain = (evidence) => {
  const { experiments } = evidence
  const isHinted = startsLikeHttp2(experiments.bytes?.bytes)
  if (ownOnPort(evidence).length === 0 || !(experiments.h2c === true || isHinted) || !isProtocolError(look(evidence)))
    return null
  return {
    name: 'wrong-protocol',
    certainty: experiments.h2c === true ? 'proven' : 'likely',
    text: 'it speaks HTTP/2 without TLS (h2c) only, as gRPC servers do, and no HTTP/1.1',
    basis:
      experiments.h2c === true ? "it answered HTTP/2's preface with SETTINGS" : 'its first bytes are a frame of HTTP/2',
    cure: 'Let it speak HTTP/1.1 on $PORT, for its health path at least.',
  }
}

/** Bytes that are no HTTP at all are shown. */
export const notHttp: Explain = (evidence) => {
  const bytes = evidence.experiments.bytes?.bytes
  if (bytes === undefined || bytes.length === 0 || bytes.subarray(0, 5).toString('latin1') === 'HTTP/') return null
  return {
    name: 'wrong-protocol',
    certainty: 'proven',
    text: `it does not speak HTTP: its first bytes are ${showBytes(bytes)}`,
    basis: 'what came back for a plain GET',
    cure: 'Let it speak HTTP/1.1 on $PORT, or give it no routes and a health command.',
  }
}

export const hang: Explain = (evidence) => {
  const { experiments, service, program, instance, at } = evidence
  if (look(evidence)?.error?.code !== 'ETIMEDOUT' || ownOnPort(evidence).length === 0) return null
  const isSilent =
    experiments.bytes?.isConnected === true && experiments.bytes.bytes.length === 0 && experiments.bytes.end === 'open'
  const share = program === null ? 0 : program.cpuMs / Math.max(1, at - instance.startedAt)
  const doing = share > 0.5 ? '; it computes all the time' : '; it waits for something'
  return {
    name: 'hang',
    certainty: isSilent ? 'proven' : 'likely',
    text: `it accepts connections and answers nothing within \`health.timeout\` (${service.health.timeoutMs / 1000} s)${program === null ? '' : doing}`,
    basis: isSilent ? 'a second connection was opened, and not one byte came back' : 'the probes ran into their limit',
    cure: 'See what the health path waits for: it must answer by itself, and quickly.',
  }
}

/** Accepts, and closes without a word that is HTTP. */
export const closesAtOnce: Explain = (evidence) => {
  const { bytes } = evidence.experiments
  if (!bytes?.isConnected || bytes.bytes.length > 0 || bytes.end === 'open' || !isProtocolError(look(evidence)))
    return null
  return {
    name: 'closes-connections',
    certainty: 'proven',
    text: `it accepts connections and ${bytes.end === 'reset' ? 'resets' : 'closes'} them without an answer`,
    basis: 'a second connection went the same way; it is neither TLS nor HTTP/2',
    cure: 'See its lines: an allow list, a crash of each request, another protocol.',
  }
}

export const hostCheck: Explain = (evidence) => {
  const { experiments, instance } = evidence
  const said = look(evidence)
  if (said?.status === undefined || experiments.host === null) return null
  return {
    name: 'host-check',
    certainty: 'proven',
    text: `it refuses the Host of the probe (${instance.host}:${instance.port}) with ${said.status}, and passes with '${experiments.host}'`,
    basis: 'the same probe with another Host',
    cure: `Let its health path answer to any Host, or allow ${instance.host}.`,
  }
}

export const redirect: Explain = (evidence) => {
  const { experiments } = evidence
  const said = look(evidence)
  if (said === null || said.status === null || said.status < 300 || said.status >= 400) return null
  const to = said.location ?? 'nowhere'
  const answer = `${said.what} redirects (${said.status}) to ${to}`
  if (experiments.forwardedHttps === true) {
    return {
      name: 'redirect-to-https',
      certainty: 'proven',
      text: `it wants https and ${answer}`,
      basis: 'the same probe passes with X-Forwarded-Proto: https',
      cure: 'Let the health path answer on plain HTTP; the gateway is where TLS ends.',
    }
  }
  if (experiments.login === true || LOGIN.test(to)) {
    return {
      name: 'redirect-to-login',
      certainty: experiments.login === true ? 'proven' : 'likely',
      text: `its health path is behind a login: ${answer}`,
      basis:
        experiments.login === true ? 'the page it leads to asks for a password' : `the address looks like a login's`,
      cure: 'Let the health path answer without a session, or name another with `health.ready`.',
    }
  }
  return {
    name: 'redirect',
    certainty: 'proven',
    text: `${answer}: a redirect says nothing of this program`,
    basis: 'its answer',
    cure: 'Name the path that answers itself with `health.ready`.',
  }
}

/** What is left: it answers, and its answer is not the one that is wanted. */
export const notReady: Explain = (evidence) => {
  const { service, seen } = evidence
  const said = look(evidence)
  if (said === null || said.status === null || seen.last?.kind !== 'fail') return null
  const proven = { certainty: 'proven', basis: 'its answer' } as const
  if (said.status === 404) {
    const text = `it has no ${said.path}: ${seen.last.because}`
    return { name: 'no-such-path', ...proven, text, cure: 'Name the path that it has with `health.ready`.' }
  }
  if (said.status === 401 || said.status === 403) {
    const text = `its health path asks for credentials: ${seen.last.because}`
    return { name: 'asks-for-credentials', ...proven, text, cure: 'Let the health path answer without credentials.' }
  }
  const words = saysNotReady(said.body)
  const isBody = said.status < 300 && service.health.expect.body !== null
  if (isBody || words !== null || said.status === 503) {
    const says = words === null ? '' : ` ('${words}')`
    const text = `it says itself that it is not ready${isBody && words === null ? ' by its body' : says}: ${seen.last.because}`
    return { name: 'not-ready', ...proven, text, cure: 'See what it waits for: its body and its lines may tell.' }
  }
  return null
}

/** An HTTP client got no answer that it could read. */
export function isProtocolError(said: Look | null): boolean {
  const code = said?.error?.code ?? ''
  return code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'EPIPE'
}

function look({ seen }: Evidence): Look | null {
  return seen.last?.kind === 'fail' ? seen.last.look : null
}

/** A SETTINGS frame on stream 0, or a GOAWAY. */
function startsLikeHttp2(bytes: Buffer | undefined): boolean {
  return bytes !== undefined && bytes.length >= 9 && (bytes[3] === 4 || bytes[3] === 7) && bytes.readUInt32BE(5) === 0
}

function showBytes(bytes: Buffer): string {
  const shown = bytes.subarray(0, BYTES_SHOWN)
  const isText = shown.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === 0x09)
  return isText ? JSON.stringify(shown.toString('latin1')) : shown.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ')
}
