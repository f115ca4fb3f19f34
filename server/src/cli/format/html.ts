/** The findings of a check as the page that `costlint report` makes; grids and GPU memory are only there. */
import { version } from '../../host/node/version.js'
import { assembledReport } from '../../report/collect.js'
import type { ReportPlace } from '../../report/data.js'
import { htmlReport } from '../../report/html.js'
import type { Report } from '../report.js'

export function formatHtml({ findings, costs, files, filesLinted }: Report): string {
  const source = {
    findings: findings.map(({ finding }) => finding),
    ...{ costs, files, filesLinted, searches: [], memory: [] },
  }
  const places = findings.map(({ path, cell, range: { start } }): ReportPlace => ({ path, cell, ...start }))
  const line = (path: string, cell: number | null, at: number) => ({ path, cell, line: at, column: 1 })
  const titled = { title: 'check', version, date: new Date().toISOString().slice(0, 10) }
  return htmlReport(assembledReport([{ source, findings: places, searches: [], line }], titled))
}
