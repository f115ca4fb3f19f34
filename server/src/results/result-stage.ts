/** From drafts to what the faces show: suppressions applied, fingerprints given, only the paths that were asked for. */

import type { FileRecord } from '../extraction/file-record.js'
import type { SyntaxErrorPlace } from '../extraction/syntax-error.js'
import type { Finding } from '../finding.js'
import type { Configuration } from '../host/configuration.js'
import type { Draft } from '../judging/judge.js'
import type { LintError, LintResult, OfferedFix, SilencedFinding } from '../lint.js'
import { rules } from '../rules/index.js'
import { isWithin, type Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { Copies } from './copies.js'
import { fingerprint } from './fingerprint.js'
import { compareWith } from './known-findings.js'
import { hasStatedReason } from './stated-reason.js'
import { applySuppressions } from './suppressions.js'

export interface ResultInput {
  drafts: Draft[]
  faults: LintError[]
  /** All files of the project. */
  files: readonly string[]
  records: ReadonlyMap<string, FileRecord>
  /** Files that could not be read, and folders. */
  unreadable: LintError[]
  configuration: Configuration
  /** Files and folders to report on; undefined: all. */
  paths: readonly string[] | undefined
}

const ruleNames = rules.map((rule) => rule.name)

interface Named {
  /** Of the text: comments in it count as well. */
  hash: string
  drafts: readonly Draft[]
  findings: Finding[]
}

export class ResultStage {
  private readonly named = new Map<string, Named>()
  private readonly ownFixes = new WeakMap<Finding, OfferedFix>()

  private readonly copies: Copies

  constructor(private readonly sourceOf: (path: string) => Promise<SourceFile | undefined>) {
    this.copies = new Copies(sourceOf)
  }

  /** The fix of a finding that no reader knows of: an unused suppression. */
  fixOf(finding: Finding): OfferedFix | undefined {
    return this.ownFixes.get(finding)
  }

  async run(input: ResultInput): Promise<LintResult> {
    const { configuration, paths, records } = input
    const wanted = (path: string): boolean =>
      configuration.reported(path) && (paths === undefined || paths.some((one) => isWithin(path, one)))
    const byPath = new Map<string, Draft[]>()
    for (const draft of input.drafts) {
      const list = byPath.get(draft.location.path)
      if (list === undefined) byPath.set(draft.location.path, [draft])
      else list.push(draft)
    }
    // Drafts hold the runs that they are about.
    for (const path of this.named.keys()) if (!byPath.has(path)) this.named.delete(path)
    const findings: Finding[] = []
    const silenced: SilencedFinding[] = []
    const errors: LintError[] = input.unreadable.filter(({ path }) => wanted(path))
    let files = 0
    let filesLinted = 0
    const volume = { lines: 0, bytes: 0, linesLinted: 0, bytesLinted: 0 }
    for (const record of records.values()) {
      volume.lines += record.lines
      volume.bytes += record.bytes
      if (record.filtered) continue
      volume.linesLinted += record.lines
      volume.bytesLinted += record.bytes
    }
    for (const path of input.files) {
      if (!wanted(path)) continue
      files++
      const record = records.get(path)
      if (record === undefined || record.filtered) continue
      filesLinted++
      // Several texts in one file may have the same trouble: the file is named once.
      if (record.problems.length > 0) errors.push({ path, message: [...new Set(record.problems)].join('; ') })
      else if (record.syntaxError !== undefined) errors.push(asError(path, record.syntaxError))
      const own = await this.findingsOf(path, byPath.get(path) ?? [], record, configuration)
      findings.push(...own.findings)
      silenced.push(...own.silenced)
    }
    errors.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    const { baseline } = configuration
    const present = new Set(input.files)
    const compared =
      baseline === undefined
        ? undefined
        : compareWith(baseline.entries, findings, (path) => wanted(path) || !present.has(path))
    const unmatched = (paths ?? []).filter(
      (path) => !input.files.some((file) => isWithin(file, path) && configuration.reported(file)),
    )
    const shown = await this.copies.fold(
      compared?.fresh ?? findings,
      (path) => records.get(path)?.hash ?? '',
      ({ rule, location }) => configuration.forFile(location.path).severity(rule) === undefined,
    )
    return {
      unmatched,
      silenced,
      ...(configuration.baselineFile === undefined ? {} : { baselineFile: configuration.baselineFile }),
      findings: shown,
      ...(compared === undefined
        ? {}
        : { baseline: { name: baseline!.name, known: compared.known, stale: compared.stale } }),
      errors,
      faults: input.faults.filter(({ path }) => wanted(path)),
      files,
      filesLinted,
      problems: [...configuration.problems, ...configuration.problemsWith(input.files)],
      failOn: configuration.failOn,
      volume,
    }
  }

  private async findingsOf(
    path: string,
    drafts: Draft[],
    record: FileRecord,
    configuration: Configuration,
  ): Promise<{ findings: Finding[]; silenced: SilencedFinding[] }> {
    if (drafts.length === 0 && record.suppressions.length === 0) return { findings: [], silenced: [] }
    const own = configuration.forFile(path)
    const named = await this.nameAll(record, drafts.sort(byPlace), (rule) => own.severity(rule) === undefined)
    const applied = applySuppressions(named, record.suppressions, {
      rules: ruleNames,
      ran: (rule) => own.enabled(rule),
      configured: own.suppressions,
    })
    const found = [...applied.kept]
    for (const { finding, fix } of applied.unused) {
      if (!own.enabled(finding.rule)) continue
      const told = { ...finding, severity: own.severity(finding.rule) ?? finding.severity }
      found.push(told)
      this.ownFixes.set(told, fix)
    }
    return { findings: found.sort(byPlace), silenced: applied.silenced }
  }

  /** Findings with their fingerprints, which need the text. The same drafts give the same findings. */
  private async nameAll(
    { path, hash }: FileRecord,
    drafts: Draft[],
    mayLower: (rule: string) => boolean,
  ): Promise<Finding[]> {
    if (drafts.length === 0) return []
    const before = this.named.get(path)
    if (before !== undefined && before.hash === hash && before.drafts.length === drafts.length) {
      if (before.drafts.every((draft, index) => draft === drafts[index])) return before.findings
    }
    const file = await this.sourceOf(path)
    const ordinals = new Map<string, number>()
    const findings = drafts.map(({ scope, subject: _subject, run: _run, ...finding }): Finding => {
      const snippet = textAt(file, finding.location)
      const key = `${finding.rule}\0${scope}\0${snippet}`
      const ordinal = ordinals.get(key) ?? 0
      ordinals.set(key, ordinal + 1)
      const isShown = finding.severity !== 'hint'
      // A hint is quiet already; what it would change is not offered.
      const speaks = isShown || finding.requests.length > 0
      const decided = speaks && mayLower(finding.rule) && isDecided(file, finding.location)
      return {
        ...finding,
        ...(decided
          ? {
              severity: isShown ? ('information' as const) : finding.severity,
              message: `${finding.message} A comment there gives the reason.`,
              requests: [],
            }
          : {}),
        fingerprint: fingerprint(finding.rule, path, scope, snippet, ordinal),
        moved: fingerprint(finding.rule, '', scope, linesAt(file, finding.location), 0),
      }
    })
    this.named.set(path, { hash, drafts, findings })
    return findings
  }
}

/** A comment there says why. */
function isDecided(file: SourceFile | undefined, location: Location): boolean {
  return hasStatedReason(partText(file, location.cell), location)
}

function asError(path: string, { line, cell, language }: SyntaxErrorPlace): LintError {
  const place = cell === null ? `line ${line}` : `line ${line} of cell ${cell}`
  return { path, kind: 'syntax', message: `${place} is no valid ${language}; findings may be missing` }
}

function byPlace(a: { location: Location; rule: string }, b: { location: Location; rule: string }): number {
  return (
    (a.location.cell ?? -1) - (b.location.cell ?? -1) ||
    a.location.start - b.location.start ||
    a.location.end - b.location.end ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)
  )
}

export function partText(file: SourceFile | undefined, cell: number | null): string {
  if (file === undefined) return ''
  if (cell === null) return file.text
  return file.parts.find((part) => part.cell === cell)?.text ?? ''
}

/** The whole lines that a location touches: enough to tell it from others without its file. */
function linesAt(file: SourceFile | undefined, { cell, start, end }: Location): string {
  const text = partText(file, cell)
  const last = text.indexOf('\n', end)
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, last < 0 ? undefined : last).slice(0, 400)
}

function textAt(file: SourceFile | undefined, location: Location): string {
  // Long spans (a whole loop) are known by their beginning.
  return partText(file, location.cell).slice(location.start, Math.min(location.end, location.start + 200))
}
