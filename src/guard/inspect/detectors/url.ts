import { CHARS, SCORE, type Detector, type Value } from '../detector.ts'
import { telling, type Tell } from './report.ts'
import { isSystemFile, canonical } from './path/files.ts'
import { words } from './words.ts'

/** Schemes that a server's fetcher may know and no visitor's address has. */
const ODD_SCHEMES = new Set(
  words(
    'gopher dict jar netdoc tftp local_file acap view-source mvn unix smb cap ftpfile jdbc rmi iiop classpath feed ogg expect glob phar zip ssh2 rar zlib data-uri',
  ),
)
const URL = /^\s{0,8}(?:url:\s{0,4})?([a-z][a-z0-9+._-]{1,23}):(\/{0,4}|\\{1,8})([^/?#\s]{0,512})([^\s]{0,2048})/i

/** Addresses that clouds give their metadata. */
const METADATA = new Set(
  words(`169.254.169.254 192.0.0.192 100.100.100.200 168.63.129.16 metadata.google.internal metadata metadata.goog instance-data
    instance-data.ec2.internal fd00:ec2::254 rancher-metadata metadata.tencentyun.com metadata.packet.net 169.254.170.2`),
)
/** Names that only mean something inside. */
const INSIDE =
  /^(?:localhost[46]?(?:\.localdomain[46]?)?|ip6-(?:localhost|loopback)|ipv6-(?:localhost|loopback)|(?:[a-z0-9-]{1,63}\.){1,8}(?:internal|localdomain|svc|svc\.cluster\.local|cluster\.local)|(?:host|gateway|kubernetes)\.docker\.internal|host\.containers\.internal|kubernetes(?:\.default(?:\.svc)?)?)$/
const REBINDING = /(?:^|\.)(?:(?:nip|xip|sslip)\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|1u\.ms|rbndr\.us)$/
/** Ports that speak no HTTP, on the machine itself. */
const SERVICE_PORTS = new Set(
  words(
    '21 22 23 25 53 110 111 135 139 143 389 445 465 587 873 1433 1521 2049 2375 2376 2379 3306 3389 5432 5984 6379 8500 9000 9200 10250 11211 27017',
  ),
)
/** What is included from elsewhere to be run. */
const SCRIPT =
  /\.(?:txt|php\d?|phtml|inc|sh|pl|py|rb|jsp|aspx?|exe|ps1|bat|dll|elf|bin|gif|jpe?g|png)(?:\?{1,2}|%00|\0|&|;|$)/i
/** Parameters that name a file to be included. */
const INCLUDED =
  /(?:^|[[_.])(?:path|root|include|inc|include_path|file|filename|template|tpl|page|pg|dir|folder|absolute_path|abs_path|abspath|root_path|basedir|base_dir|config|conf|lang|language|module|mod|theme|skin|doc|document|layout|content|cmd|load|read|src)\]?$/i
/** Variables of PHP programs that once reached an include unguarded. */
const VARIABLES =
  /^_?(?:globals|conf|server|config|phplib|request|session|get|post|env|zb|sitepath|mosconfig\w{0,24}|phpbb\w{0,24}|smarty)(?:\[|_|$)/i
const BARE_INSIDE = /^\s{0,4}(?:https?:\/\/)?((?:[a-z0-9-]{1,63}\.){0,8}[a-z0-9-]{1,63})(:\d{1,5})?\/\s{0,4}$/i

/** Addresses a server would fetch from inside, and files it would include from outside. */
export const urlDetector: Detector = {
  name: 'url',
  names: true,
  chars: CHARS.word,
  needs: 'both',
  words:
    words(`http: https: ftp: ftps: file: gopher: dict: ldap ldap: ldaps: jar: netdoc: tftp: local_file: acap: view-source: smb: ssh: sftp: imap: smtp: rtmp:
    telnet: unix: jdbc: rmi: iiop: rtsp: ws: wss: pop3: mms: url: localhost localdomain .internal loopback cluster.local 169.254.169.254 http? https? ftp? ftps?`),
  detect: telling('ssrf', (value, tell) => {
    if (value.location === 'header' && !/^(?:x-|forwarded|host)/.test(value.name)) return
    const { text } = value
    if (text.length > 4096) return
    if (/^(?:https?|ftps?|file)\b\S{0,2048}\?$/i.test(text.trim()))
      tell('open-query', value.location === 'json' ? SCORE.strong : SCORE.proof, 0, text.length, 'rfi')
    const bare = BARE_INSIDE.exec(value.lower)
    if (bare !== null && bare[2] === undefined && INSIDE.test(bare[1]!))
      return tell('inside', SCORE.proof, 0, text.length)
    if (/^unix:.{0,4096}\|/.test(value.lower)) return tell('socket', SCORE.proof, 0, text.length)
    const match = URL.exec(text)
    if (match !== null) address(value, match, tell)
  }),
}

function address(value: Value, match: RegExpExecArray, tell: Tell): void {
  const { text } = value
  const scheme = match[1]!.toLowerCase()
  const slashes = match[2]!
  const say = (rule: string, score: number, threat: 'ssrf' | 'rfi' = 'ssrf'): void =>
    tell(rule, score, 0, text.length, threat)
  const web =
    scheme === 'http' ||
    scheme === 'https' ||
    scheme === 'ftp' ||
    scheme === 'ftps' ||
    scheme === 'ws' ||
    scheme === 'wss'
  if (slashes === '' && !web && !(scheme === 'jar' || scheme === 'netdoc' || scheme === 'view-source')) return
  if (ODD_SCHEMES.has(scheme)) return say('scheme', SCORE.proof)
  if (scheme === 'file' || scheme === 'local-file')
    return say('file', isSystemFile(canonical(text.slice(text.indexOf(':') + 1))) ? SCORE.proof : SCORE.strong)
  if (slashes.startsWith('\\') || /\\/.test(match[3]!)) return say('backslashes', SCORE.proof)
  const authority = match[3]!.toLowerCase()
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  if (at > 0 && authority.slice(0, at).includes('.')) say('userinfo', SCORE.strong)
  const rule = hostRule(host, slashes)
  if (rule !== null) return say(rule, SCORE.proof)
  if (INSIDE.test(withoutPort(host)) && !host.startsWith('localhost')) return say('inside', SCORE.proof)
  if (scheme === 'ldap' || scheme === 'ldaps')
    return say('scheme', OCTETS.test(withoutPort(host)) || isLoopback(withoutPort(host)) ? SCORE.proof : SCORE.strong)
  if (isLoopback(withoutPort(host))) return loopback(web, host, match[4]!, say)
  if (REBINDING.test(withoutPort(host))) return say('rebinding', SCORE.proof)
  include(value, web, host, match[4]!, say)
}

function withoutPort(host: string): string {
  const bracket = host.lastIndexOf(']')
  const colon = host.indexOf(':', bracket + 1)
  return colon < 0 ? host : host.slice(0, colon)
}

const OCTETS = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Why `host` is no way a person writes an address; null when it is. */
function hostRule(host: string, slashes: string): string | null {
  const name = withoutPort(host)
  if (METADATA.has(name.replace(/^\[|\]$/g, ''))) return 'metadata'
  // Enclosed and full-width digits, which resolvers fold.
  if (/[\u2460-\u24ff\uff10-\uff19\u2070-\u2089\u3002\uff0e\uff61]/.test(name)) return 'host-spelling'
  if (name.startsWith('['))
    return name === '[::1]' ? null : /^\[[0-9a-f:.]*(?:%[\w.-]*)?\]?$/.test(name) ? 'address-v6' : null
  // An address of version 6 without its brackets.
  if (/^[0-9a-f]{1,4}:[0-9a-f:]{3,64}$/.test(host) && host.split(':').length > 3) return 'address-v6'
  if (/^0x[0-9a-f]{2,24}$/.test(name)) return 'host-spelling'
  if (/^\d{5,12}$/.test(name)) return 'host-spelling'
  if (/^(?:0x[0-9a-f]{1,8}|\d{1,12})(?:\.(?:0x[0-9a-f]{1,8}|\d{1,12})){1,3}$/.test(name)) {
    const parts = name.split('.').length
    if (!OCTETS.test(name) || /(?:^|\.)0\d/.test(name)) return slashes === '' && parts < 4 ? null : 'host-spelling'
    if (name.startsWith('169.254.')) return 'metadata'
  }
  return null
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '[::1]' ||
    host === '0.0.0.0' ||
    host === '0' ||
    (host.startsWith('127.') && OCTETS.test(host))
  )
}

/** A developer's own callback has a port or a path; a probe asks for the machine, or for a service that speaks no HTTP. */
function loopback(web: boolean, host: string, rest: string, say: (rule: string, score: number) => void): void {
  const port = /:(\d{1,5})$/.exec(host)?.[1]
  if (web && port !== undefined && SERVICE_PORTS.has(port)) return say('loopback-service', SCORE.proof)
  if (web && port === undefined && /^\/?$/.test(rest)) return say('loopback', SCORE.proof)
  say('loopback', port === undefined ? SCORE.strong : SCORE.weak)
}

function include(
  value: Value,
  web: boolean,
  host: string,
  rest: string,
  say: (rule: string, score: number, threat: 'rfi') => void,
): void {
  if (!web || value.location === 'header') return
  const numbered = OCTETS.test(withoutPort(host))
  const script = SCRIPT.test(rest)
  if (numbered)
    say(
      'address',
      script || rest.endsWith('?') ? SCORE.proof : value.location === 'json' ? SCORE.weak : SCORE.strong,
      'rfi',
    )
  if (VARIABLES.test(value.name)) return say('include-variable', SCORE.proof, 'rfi')
  if (INCLUDED.test(value.name) && /\.(?:txt|php\d?|phtml|inc|pl|sh|jsp|aspx?)(?:[?&;\0]|%00|$)/i.test(rest))
    say('include', SCORE.proof, 'rfi')
}
