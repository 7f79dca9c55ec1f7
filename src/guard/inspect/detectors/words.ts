/** Trigger words written as one text, blanks between them: a list of hundreds stays readable. Lower case. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
