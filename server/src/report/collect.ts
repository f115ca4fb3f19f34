/** Makes the data of a report from what a project says. */
import { checklistItem, groups } from '../checklist/items.js'
import { usdWords } from '../estimate/bill-words.js'
import { count } from '../estimate/figures.js'
import { formatUsd } from '../estimate/hourly.js'
import { SavedShares } from '../estimate/saved-shares.js'
import { totalOf } from '../estimate/total.js'
import type { Finding } from '../finding.js'
import type { CostEntry, SearchSize, TrainingEstimate } from '../linter.js'
import type { Location } from '../text/location.js'
import { hoursText, machineText, savingText, sumText, usdText } from './cost-words.js'
import type { ReportData, ReportFinding, ReportJob, ReportPlace, ReportSection } from './data.js'
import { splitMessage } from './headline.js'
import { savingWords, worthOf } from './saving-words.js'

/** One project, as it was last linted. */
export interface ReportSource {
  findings: readonly Finding[]
  costs: readonly CostEntry[]
  searches: readonly SearchSize[]
  memory: readonly TrainingEstimate[]
  files: number
  filesLinted: number
}

export interface Places {
  /** Where a location stands; undefined where its text is gone. */
  at(location: Location): Promise<ReportPlace | undefined>
  /** The same for the first column of a line that is known. */
  line(path: string, cell: number | null, line: number): ReportPlace
}

export interface Titled {
  title: string
  version: string
  /** ISO date. */
  date: string
}

export async function collectReport(
  sources: readonly { source: ReportSource; places: Places }[],
  titled: Titled,
): Promise<ReportData> {
  const placed: PlacedSource[] = []
  for (const { source, places } of sources) {
    const all = async (list: readonly { location: Location }[]) => {
      const found: (ReportPlace | undefined)[] = []
      for (const { location } of list) found.push(await places.at(location))
      return found
    }
    const [findings, searches] = [await all(source.findings), await all(source.searches)]
    placed.push({ source, findings, searches, line: places.line })
  }
  return assembledReport(placed, titled)
}

/** A project whose places have been looked up, in the order of its findings and searches. */
export interface PlacedSource {
  source: ReportSource
  findings: readonly (ReportPlace | undefined)[]
  searches: readonly (ReportPlace | undefined)[]
  line: Places['line']
}

export function assembledReport(sources: readonly PlacedSource[], titled: Titled): ReportData {
  const data: ReportData = {
    ...titled,
    files: 0,
    filesLinted: 0,
    findings: [],
    jobs: [],
    sections: [],
    searches: [],
    memory: [],
    totals: [],
    saving: null,
    history: [],
  }
  for (const source of sources) add(data, source)
  data.findings.sort((a, b) => b.worth - a.worth || rank(a) - rank(b))
  data.jobs.sort((a, b) => middleOf(b) - middleOf(a))
  data.searches.sort((a, b) => b.total - a.total)
  data.sections = sectionsOf(sources.map(({ source }) => source))
  const { run, month } = totalOf(sources.flatMap(({ source }) => source.costs))
  if (run !== null) data.totals.push(`One run of ${count(run.entries, 'job')}: ${sumText(run)}.`)
  if (month !== null) data.totals.push(`Always on: ${sumText(month)} a month.`)
  const saved = [
    run === null ? null : savingText(run),
    month === null || savingText(month) === null ? null : `${savingText(month)} a month`,
  ].filter((one) => one !== null)
  data.saving = saved.length === 0 ? null : saved.join(' + ')
  return data
}

/** USD; below all where it is not known. */
function middleOf({ usd }: ReportJob): number {
  return usd === null ? -1 : (usd.low + (usd.high ?? usd.low)) / 2
}

const severities = ['error', 'warning', 'information', 'hint']

function rank({ severity }: ReportFinding): number {
  return severities.indexOf(severity)
}

function add(data: ReportData, { source, findings, searches, line: lineAt }: PlacedSource): void {
  data.files += source.files
  data.filesLinted += source.filesLinted
  const perJob = new Map<string, number>()
  for (const [index, finding] of source.findings.entries()) {
    const place = findings[index]
    if (place === undefined) continue
    data.findings.push({ ...place, ...shown(finding) })
    if (finding.billed !== undefined) perJob.set(finding.billed, (perJob.get(finding.billed) ?? 0) + 1)
  }
  for (const entry of source.costs)
    data.jobs.push({
      ...lineAt(entry.path, entry.cell, entry.line),
      ...job(entry),
      findings: perJob.get(entry.id) ?? 0,
    })
  for (const [index, search] of source.searches.entries()) {
    const place = searches[index]
    if (place === undefined || !search.isGrid) continue
    const { formula, total, lowerBound, unit } = search
    data.searches.push({ ...place, formula, total, lowerBound, unit })
  }
  for (const estimate of source.memory) {
    const { path, cell, line, model, memory, machine } = estimate
    if (memory === null || machine === null) continue
    const { low, expected, high } = memory
    const { gpu, usable, verdict } = machine
    data.memory.push({
      ...lineAt(path, cell, line),
      ...{ model, gpu, low, expected, high, usable, verdict },
    })
  }
}

function shown(finding: Finding): Omit<ReportFinding, keyof ReportPlace> {
  const { head, rest } = splitMessage(finding.message)
  const item = finding.checklist.map(checklistItem).find((one) => one !== undefined)
  return {
    rule: finding.rule,
    severity: finding.severity,
    message: head,
    details: rest,
    saving: savingWords(finding),
    per: finding.saving?.usd?.per ?? null,
    basis: finding.saving?.basis ?? null,
    worth: worthOf(finding),
    checklist: item === undefined ? null : { id: item.id, title: item.title, section: sectionOf(item.id) },
    job: finding.billed ?? null,
    fingerprint: finding.fingerprint,
  }
}

function job(entry: CostEntry): Omit<ReportJob, keyof ReportPlace | 'findings'> {
  const { id, kind, name, per, usd, usdPerHour, saving, unknown, assumptions } = entry
  return {
    id,
    kind,
    name,
    machine: machineText(entry),
    hourly:
      usdPerHour === null
        ? null
        : usdPerHour.low === usdPerHour.high
          ? formatUsd(usdPerHour.low)
          : usdWords(usdPerHour),
    hours: hoursText(entry),
    cost: usdText(entry),
    saving: savingText(entry),
    per,
    usd,
    savedUsd: saving,
    unknown: [...unknown],
    assumptions: [...assumptions],
  }
}

/** Title of the section of an item. */
function sectionOf(id: string): string {
  const group = id.split('/')[0]
  return groups.find((one) => one.id === group)?.title ?? 'Other'
}

/** Within one job two findings of a section save of what the other leaves; jobs are added. */
function sectionsOf(sources: readonly ReportSource[]): ReportSection[] {
  const sections = new Map<string, ReportSection>()
  for (const { findings, costs } of sources) {
    const shares = new Map<string, SavedShares>()
    for (const finding of findings) {
      const title = sectionOf(finding.checklist[0] ?? '')
      const section = sections.get(title) ?? { title, findings: 0, run: null, month: null }
      sections.set(title, section)
      section.findings++
      if (finding.saving === null || finding.billed === undefined) continue
      const key = JSON.stringify([finding.billed, title])
      const saved = shares.get(key) ?? new SavedShares()
      shares.set(key, saved)
      saved.add(finding.rule, finding.saving.fraction, finding.billedPart)
    }
    for (const [key, saved] of shares) {
      const [billed, title] = JSON.parse(key) as [string, string]
      const entry = costs.find(({ id }) => id === billed)
      if (entry?.usd == null || entry.usd.high === null || entry.state !== 'priced') continue
      const [low, high] = saved.total()
      const section = sections.get(title)!
      const before = section[entry.per] ?? { low: 0, high: 0 }
      section[entry.per] = {
        low: before.low + low * entry.usd.low,
        high: before.high + high * entry.usd.high,
      }
    }
  }
  const worth = ({ run, month }: ReportSection) => (run?.high ?? 0) + (month?.high ?? 0)
  return [...sections.values()].sort((a, b) => worth(b) - worth(a) || b.findings - a.findings)
}
