/** How findings are grouped in the view. */
import * as vscode from 'vscode'
import type { ReportFinding, ReportJob } from '../server/src/report/data.js'

export const groupings = ['saving', 'section', 'rule', 'file', 'job'] as const
export type Grouping = (typeof groupings)[number]

export function isGrouping(value: unknown): value is Grouping {
  return groupings.some((one) => one === value)
}

export function matches({ message, rule, path }: ReportFinding, filter: string): boolean {
  const wanted = filter.toLowerCase()
  return [message, rule, path].some((text) => text.toLowerCase().includes(wanted))
}

/** In the order of their dearest findings. */
export function groupsOf(
  findings: readonly ReportFinding[],
  grouping: Grouping,
  jobs: readonly ReportJob[],
): { label: string; findings: ReportFinding[] }[] {
  const names = new Map(jobs.map(({ id, name }) => [id, name]))
  const groups = new Map<string, ReportFinding[]>()
  for (const finding of findings) {
    const label = labelOf(finding, grouping, names)
    const group = groups.get(label)
    if (group === undefined) groups.set(label, [finding])
    else group.push(finding)
  }
  return [...groups].map(([label, list]) => ({ label, findings: list }))
}

function labelOf(finding: ReportFinding, grouping: Grouping, jobs: ReadonlyMap<string, string>): string {
  switch (grouping) {
    case 'saving':
      return bandOf(finding)
    case 'section':
      return finding.checklist?.section ?? vscode.l10n.t('Other')
    case 'rule':
      return finding.rule
    case 'file':
      return finding.path
    case 'job':
      return jobs.get(finding.job ?? '') ?? vscode.l10n.t('No job')
  }
}

/** Dollars of a run or a month; of an hour where nobody knows how many it takes. */
function bandOf({ saving, worth, per }: ReportFinding): string {
  if (saving === null) return vscode.l10n.t('Not estimated')
  if (per === 'hour') return vscode.l10n.t('By the hour')
  if (per === null) return vscode.l10n.t('A share of an unknown cost')
  if (worth >= 100) return vscode.l10n.t('$100 or more')
  return worth >= 10 ? vscode.l10n.t('$10 to $100') : vscode.l10n.t('Less than $10')
}
