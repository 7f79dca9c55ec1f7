/** The classes of attack the guard knows; events, exceptions and counters name them so. */
export const THREAT_CLASSES = [
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
export type ThreatClass = (typeof THREAT_CLASSES)[number]

/** `monitor`: judged and told, never refused. */
export const THREAT_MODES = ['block', 'monitor', 'off'] as const
export type ThreatMode = (typeof THREAT_MODES)[number]

/** What a field is said to hold, so that it is judged as that. */
export const FIELD_HINTS = ['html', 'code', 'password', 'url', 'text'] as const
export type FieldHint = (typeof FIELD_HINTS)[number]

/** Where in a request a value stood. */
export const LOCATIONS = [
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
export type Location = (typeof LOCATIONS)[number]
