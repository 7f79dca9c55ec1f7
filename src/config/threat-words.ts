/** The guard's words that a config may name; a test compares them with the guard's own lists. */

export const THREAT_CLASS_NAMES = [
  'sqli',
  'nosql',
  'xss',
  'path-traversal',
  'rfi',
  'rce',
  'ssti',
  'ssrf',
  'xxe',
  'ldap',
  'crlf',
  'mail',
  'ssi',
  'prototype-pollution',
  'php',
  'java',
  'nodejs',
  'ruby',
  'perl',
  'jndi',
  'deserialisation',
  'session-fixation',
  'open-redirect',
  'protocol',
  'multipart',
  'scanner',
  'graphql',
  'resource',
] as const

export const REQUEST_PLACES = [
  'path',
  'query',
  'form',
  'multipart',
  'file-name',
  'json',
  'xml',
  'graphql',
  'body',
  'cookie',
  'header',
] as const

/** `[METHOD] [/path] [place[:name]]`, a path or a place at least. */
export const EXCEPTION_PLACE = new RegExp(
  `^(?:[A-Z]+ +)?(?:/\\S*(?: +(?:${REQUEST_PLACES.join('|')})(?::\\S+)?)?|(?:${REQUEST_PLACES.join('|')})(?::\\S+)?)$`,
)
