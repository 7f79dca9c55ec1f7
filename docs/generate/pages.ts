import { cliPage } from './cli-page.ts'
import { configPage } from './config-page.ts'
import { inputsPage } from './inputs-page.ts'
import { openApiPage } from './openapi.ts'

/** Every generated page: its path in the repository, and its text. */
export async function pages(): Promise<Readonly<Record<string, string>>> {
  const openApi = openApiPage()
  return {
    'docs/reference/config.md': configPage(),
    'docs/reference/cli.md': await cliPage(),
    'docs/reference/openapi.json': openApi,
    'src/control/api/inputs.json': inputsPage(openApi),
  }
}
