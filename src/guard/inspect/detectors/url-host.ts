/** The host of an absolute URL, lower case, without port and user; '' when the text is none. Reads as browsers do: `\` is `/`. */
export function hostOf(url: string): string {
  const match = /^\s{0,16}[a-z][a-z0-9+.-]{0,15}:[/\\]{1,16}([^/\\?#]{1,300})/i.exec(url)
  if (match === null) return ''
  const authority = match[1]!
  const user = authority.lastIndexOf('@')
  const host = authority.slice(user + 1)
  const port = /:\d{0,5}$/.exec(host)
  return (port === null ? host : host.slice(0, port.index)).toLowerCase()
}
