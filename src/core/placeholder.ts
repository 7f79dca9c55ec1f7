const PATTERNS = [
  /change[ _-]?(?:me|this|it)(?:\b|_)/i,
  /replace[ _-]?(?:me|this|with)/i,
  /\byour[ _-](?:password|secret|token|api|key)/i,
  /<(?:base64|your|insert|password|secret|token|key|todo)[^>]*>/i,
  /^<[^<>]+>$/,
  // Whole values alone: 'my-api' is a good name for a host.
  /^(?:my[ _-](?:password|secret|token|api[ _-]?key|key)|your[ _-].*|todo|placeholder)$/i,
  /^(?:x{3,}|\*{3,}|FIXME|TBD)$/i,
]

/** Whether a value only stands for the real one that somebody forgot to write: 'changeme', '<your key>', 'xxx'. */
export function isPlaceholder(value: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(value))
}
