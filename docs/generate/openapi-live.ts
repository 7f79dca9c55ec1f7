import { HEARTBEAT_MS, LINE_FILTERS, TOPICS } from '../../src/control/api/live-events.ts'
import { READERS_MAX } from '../../src/control/live/live.ts'
import { LEVELS } from '../../src/observe/logs/line.ts'
import type { Schema } from './openapi-schema.ts'

export type LiveTypes = readonly { readonly name: string; readonly description: string; readonly schema: Schema }[]

/** The event stream. OpenAPI 3.1 has no words for the events of one: each has its schema in `x-events`. */
export function livePath(events: LiveTypes, refusal: (description: string) => object): object {
  return {
    get: {
      operationId: 'live',
      tags: ['live'],
      description:
        'What happens, as it happens, as server-sent events. A stream goes on behind Last-Event-ID: events and lines are told ' +
        `each once and in order; of status, alerts and deploys the newest is told. A comment every ${HEARTBEAT_MS / 1_000} s ` +
        `says that it is there. At most ${READERS_MAX} readers at once.`,
      parameters: [
        {
          name: 'topics',
          in: 'query',
          required: true,
          description: 'With commas between them.',
          schema: { type: 'array', items: { enum: TOPICS }, minItems: 1 },
          style: 'form',
          explode: false,
        },
        ...LINE_FILTERS.map((name) => ({
          name,
          in: 'query',
          description: 'Narrows the lines of `logs`, with the meaning it has in LogQuery.',
          schema: name === 'level' ? { enum: LEVELS } : { type: 'string' },
        })),
        {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'The newest id that came, as it was. With the same question as before.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: {
          description: 'The stream.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
          'x-events': Object.fromEntries(
            events.map(({ name, description, schema }) => [name, { description, schema }]),
          ),
        },
        400: refusal('The question is wrong.'),
        409: refusal('There are too many readers.'),
        500: refusal('A bug, which is in logs/control.log.'),
      },
    },
  }
}
