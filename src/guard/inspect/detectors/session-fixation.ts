import { SCORE } from '../detector.ts'
import type { RequestDetector, RequestFacts, RequestHit } from '../request-detector.ts'
import { hostOf } from './url-host.ts'

/** Names that a framework or server gives the session in its cookie. Nobody sends them as a parameter but an attacker's link. */
const OF_FRAMEWORKS: ReadonlySet<string> = new Set(
  (
    'jsessionid jsessionidsso jservsession jwsession phpsession phpsessid phpsessionid aspsessionid asp.net_sessionid weblogicsession ' +
    'wlsession cfid cftoken cfsid cfglobals laravel_session laravelsession symfony ci_session ci_sessions connect.sid express.sid ' +
    'express:sess koa.sess koa.sid koa:sess sails.sid rack.session _rails_session rails_session _session_id play_session ' +
    'next-auth.session-token __secure-next-auth.session-token authjs.session-token meteor_login_token moodlesession cakephp ' +
    'django_session beaker.session.id zsession zend_session flask_session sap-sessionid sapsession viewstate_session zope_session ' +
    'magento_session frontend_session wordpress_logged_in drupal_session grails_session nuxt-session nuxt_session remix_session ' +
    '__session iron-session better-auth.session_token fastify.sid phoenix_session _gorilla_csrf gosessionid gosession beegosessionid ' +
    'yii_session tomcat_session jetty_session wicket_session vaadin_session kohana_session fuelcid plack_session dancer.session ' +
    'mojolicious catalyst_session aspnet_session .aspnetcore.session .aspxauth'
  ).split(' '),
)
/** Names that applications also use for sessions of another kind: chats, uploads, checkouts. */
const COMMON: ReadonlySet<string> = new Set([
  'sessionid',
  'session_id',
  'session-id',
  'session.id',
  'sessid',
  'sid',
  'session',
])
const NAME_MAX = 40

/**
 * A session that somebody else chose: the session's name as a parameter, in a request that another site sent here or that names
 * no sender. Rules: session-fixation.foreign-referer, session-fixation.parameter.
 */
export const sessionFixation: RequestDetector = {
  name: 'session-fixation',
  head: (facts, report) => judge(facts, report, false),
  body: (facts, report) => judge(facts, report, true),
}

function judge(facts: RequestFacts, report: (hit: RequestHit) => void, ofBody: boolean): void {
  for (let index = 0; index < facts.count; index++) {
    const name = facts.nameAt(index)
    if (name.length < 3 || name.length > NAME_MAX) continue
    const location = facts.locationAt(index)
    const inHead = location === 'query'
    if (inHead === ofBody || !(inHead || location === 'form' || location === 'json' || location === 'multipart'))
      continue
    const lower = name.toLowerCase()
    const known = OF_FRAMEWORKS.has(lower) || lower.startsWith('aspsessionid')
    if (!known && !COMMON.has(lower)) continue
    const referer = facts.header('referer')
    const foreign = referer !== undefined && isForeign(referer, facts.request.host)
    if (!foreign && !(known && referer === undefined)) continue
    const rule = foreign ? 'session-fixation.foreign-referer' : 'session-fixation.parameter'
    // An API of one's own may pass a session of its kind from another of one's sites.
    const score = known || inHead ? SCORE.proof : SCORE.strong
    report({ class: 'session-fixation', rule, score, location, name, excerpt: referer ?? name })
    return
  }
}

function isForeign(referer: string, host: string): boolean {
  const from = hostOf(referer)
  return from !== '' && host !== '' && from !== host
}
