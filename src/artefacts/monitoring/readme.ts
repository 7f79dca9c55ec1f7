import type { ResolvedApp } from '../../config/resolved.ts'
import type { Rules } from '../../promises/rules.ts'
import type { Artefact } from '../family.ts'
import { alertsOf, DEAD_MAN, DEAD_MAN_URL, secretsOf } from './alertmanager.ts'
import { untestedRules } from './rule-tests.ts'

/** What is there, how it is started, and what nobody has verified. */
export function readme(app: ResolvedApp, { alerts, recordings }: Rules): Artefact {
  const { channels, routes } = alertsOf(app)
  const escalates = routes.some(({ escalate }) => escalate.length > 0)
  const mails = Object.values(channels).some(({ kind }) => kind === 'email')
  const untested = untestedRules(alerts)
  const deadMan = secretsOf(app)[DEAD_MAN]
  const secrets = [...new Set([...Object.values(secretsOf(app)), 'GRAFANA_ADMIN_PASSWORD'])]
  const text = `# Monitoring of ${app.name}, ${app.environment}

Made by \`seaworthy generate monitoring\` from the config: ${alerts.length} alerts and ${recordings.length} recorded ratios, the same values that
Seaworthy evaluates itself. These files are yours: \`seaworthy generate --check\` tells of drift, \`seaworthy explain FILE\` of reasons.

| file | what |
|---|---|
| \`prometheus/prometheus.yml\` | whom Prometheus scrapes: Seaworthy's \`/metrics\` on 127.0.0.1:9464, and exporters where you run them |
| \`prometheus/rules/\` | the rules, a file for each promise and each category |
| \`prometheus/tests/\` | unit tests of each alert: both sides of every threshold, begin and end, no traffic, no data |
| \`alertmanager/alertmanager.yml\` | routes, receivers, what keeps what quiet, maintenance |
| \`grafana/\` | data sources and dashboards: promises, services, data, security, deploys |
| \`collector/\`, \`loki/\`, \`jaeger/\` | logs and traces |
| \`compose.yml\` | Prometheus, Alertmanager, Grafana |
| \`compose.telemetry.yml\` | collector, Loki, Jaeger |
| \`compose.exporters.yml\` | optional exporters |

## Start

Compose 2.24 or newer. Values of secrets come from the environment of the shell, under these names: ${secrets.map((name) => `\`${name}\``).join(', ')}.
${deadMan === DEAD_MAN_URL ? `\`${DEAD_MAN_URL}\` is a URL that hears of Alertmanager as long as it works, and raises the alarm when it does not; \`alerts.heartbeat\` names another.\n` : ''}
    docker compose -f compose.yml -f compose.telemetry.yml up -d --wait

Should port 9464 have been taken, \`seaworthy status\` shows the one in use: change it in \`prometheus.yml\`.
Lines and traces come from Seaworthy once the config says where to: \`loki: 'http://127.0.0.1:3100'\` and \`otlp: 'http://127.0.0.1:4318'\` in
\`environments.${app.environment}\`. Lines are sent without the values of secrets; the files they come from have them as they were printed.
Everything listens on 127.0.0.1 only. Images are pinned by tag; pin them by digest where your registry can be asked.

## What was not verified here

- Grafana, Loki, Jaeger and the collector: nobody has started them with these files for Seaworthy's release of this text. Each key of
  the last three is one that their documentation names, and the queries of the dashboards were asked of a running Prometheus.
- The images: their tags were seen in other places, and none of them was pulled.
- Alertmanager before 0.26 does not know \`url_file\` of webhooks: use 0.26 or newer.
${escalates ? '- Escalation: Alertmanager has none. Who is told when nobody answers is told by Seaworthy itself, or by a duty service.\n' : ''}${mails ? "- Mail goes to a relay on this machine (127.0.0.1:25): a mail server's address inside a secret cannot be read from a file.\n" : ''}${untested.map(({ rule, why }) => `- \`${rule.name}\` has no unit tests: ${why}.\n`).join('')}`
  return { path: 'monitoring/README.md', text, comment: null, because: [{ what: 'the list of files', from: 'name' }] }
}
