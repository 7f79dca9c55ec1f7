/** What a part of a URL stands for. A `%` that escapes nothing is what it is: passwords have them, and people forget to escape. */
export function decoded(part: string): string {
  return part.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
