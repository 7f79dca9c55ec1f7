import { SCORE } from '../detector.ts'
import type { RequestDetector } from '../request-detector.ts'
import { hostOf } from './url-host.ts'

/** Names of parameters that applications send their clients on to. */
const NAMES: ReadonlySet<string> = new Set(
  (
    'url uri redirect redirect_uri redirect_url redirecturl redirecturi redir return returnurl return_url return_to returnto ' +
    'next dest destination continue goto go target to rurl out forward forward_url callback callback_url back backurl success_url ' +
    'failure_url checkout_url image_url link service relaystate referer ref_url jump jump_to location'
  ).split(' '),
)
const NAME_MAX = 24

/**
 * Where a parameter would send the client: another host is told as weak, since sign-in and payment do that every day; a URL
 * spelled so that a check of one's own overlooks the host is strong. Rules: open-redirect.host, open-redirect.disguise.
 */
export const openRedirect: RequestDetector = {
  name: 'open-redirect',
  head(facts, report) {
    for (let index = 0; index < facts.count; index++) {
      const name = facts.nameAt(index)
      if (facts.locationAt(index) !== 'query' || name.length > NAME_MAX) continue
      const text = facts.textAt(index)
      const disguised = isDisguised(text)
      if (!disguised && !text.includes('://')) continue
      if (!NAMES.has(name.toLowerCase())) continue
      const host = hostOf(text)
      if (!disguised && (host === '' || host === facts.request.host)) continue
      report({
        class: 'open-redirect',
        rule: disguised ? 'open-redirect.disguise' : 'open-redirect.host',
        score: disguised ? SCORE.strong : SCORE.weak,
        location: 'query',
        name,
        excerpt: text,
      })
      return
    }
  },
}

/** `//host`, `/\host`, `\\host`, `https:host`, `https:///host`, `https://good.example@host`: browsers follow, naive checks do not. */
function isDisguised(text: string): boolean {
  if (text.length < 4 || text.length > 2048) return false
  const url = text.trimStart()
  const first = url.charCodeAt(0)
  if (first === 47 || first === 92) {
    const second = url.charCodeAt(1)
    return (second === 47 || second === 92) && url.length > 2
  }
  if (first !== 104 && first !== 72) return false
  return /^https?:(?:[^/\\]|[/\\][^/\\]|\\|\/\\|[/\\]{3}|[/\\]{2}[^/?#]{0,255}@)/i.test(url.slice(0, 300))
}
