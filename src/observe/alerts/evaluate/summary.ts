import type { Labels } from '../../../core/series/labels.ts'

/** `{{ $labels.service }} fails {{ $value }}` with what it is about; a label that is not there is empty. */
export function fillSummary(template: string, { labels, value }: { labels: Labels; value: number | null }): string {
  return template
    .replaceAll(/\{\{ \$labels\.([a-zA-Z_]\w*) \}\}/g, (_, label: string) => labels[label] ?? '')
    .replaceAll('{{ $value }}', value === null ? 'an unknown number' : readable(value))
    .replaceAll(/ +/g, ' ')
}

/** Three digits are what people compare. */
function readable(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value)
}
