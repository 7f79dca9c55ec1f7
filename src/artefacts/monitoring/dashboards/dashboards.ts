import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { ResolvedApp } from '../../../config/resolved.ts'
import { compare, MINUTE_MS, over, select } from '../../../promises/built-in/ask.ts'
import { promql } from '../../../promises/expression.ts'
import type { Artefact } from '../../family.ts'
import type { Board, Panel, Query } from './board.ts'
import { dataBoard } from './data.ts'
import { deploysBoard } from './deploys.ts'
import { promisesBoard } from './promises.ts'
import { securityBoard } from './security.ts'
import { serviceBoard } from './service.ts'

/** Chosen at the top of each dashboard: no dashboard names a data source of its own. */
const SOURCE = { type: 'prometheus', uid: '${source}' }
/** Grafana takes no more. */
const UID_LENGTH_MAX = 40
const HEIGHT = 8
/** Of 24 columns. */
const WIDTH = 8
/** Marks where a deploy ended. */
export const DEPLOY_MARK = compare(over('increase', select('seaworthy_deploys_total'), MINUTE_MS), '>', '0')

export function boardsOf(app: ResolvedApp): readonly Board[] {
  return [promisesBoard(app), serviceBoard(app), dataBoard(app), securityBoard(app), deploysBoard()]
}

/** Grafana's dashboards, from the boards of an app. */
export function dashboards(app: ResolvedApp): readonly Artefact[] {
  return boardsOf(app).map((board) => ({
    path: `monitoring/grafana/dashboards/${board.name}.json`,
    text: `${JSON.stringify(dashboardOf(board, app), withoutIds, 2)}\n`,
    comment: null,
    because: [
      {
        what: board.title,
        from: board.name === 'promises' && app.promises !== undefined ? 'promises' : 'services',
      },
    ],
  }))
}

function dashboardOf({ name, title, rows }: Board, app: ResolvedApp): object {
  const builder = new DashboardBuilder(`${app.name}: ${title}`)
    .uid(`${app.name.slice(0, UID_LENGTH_MAX - 1 - name.length)}-${name}`)
    .tags(['seaworthy', app.name, app.environment])
    .refresh('10s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .readonly()
    .withVariable(new DatasourceVariableBuilder('source').label('Data source').type('prometheus'))
    .annotation(
      new AnnotationQueryBuilder()
        .name('Deploys')
        .datasource(SOURCE)
        .enable(true)
        .iconColor('blue')
        .expr(promql(DEPLOY_MARK))
        .titleFormat('Deploy')
        .textFormat('{{outcome}}'),
    )
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title))
    for (const panel of row.panels) builder.withPanel(panelOf(panel))
  }
  return builder.build()
}

/** Grafana numbers panels itself; numbers of ours would be taken for its own. */
function withoutIds(key: string, value: unknown): unknown {
  return key === 'id' ? undefined : value
}

function panelOf({ title, unit, queries }: Panel): PanelBuilder {
  const builder = new PanelBuilder().title(title).unit(unit).datasource(SOURCE).height(HEIGHT).span(WIDTH)
  for (const [index, query] of queries.entries()) builder.withTarget(targetOf(query, index))
  return unit === 'percentunit' ? builder.min(0) : builder
}

function targetOf({ expression, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .expr(promql(expression))
    .legendFormat(legend)
    .range()
    .refId(String.fromCodePoint('A'.codePointAt(0)! + index))
}
