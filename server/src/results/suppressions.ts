/** What comments and `[[suppress]]` silence, and which of them silence nothing. */
import type { TextEdit } from '../edit/write.js'
import type { Suppression } from '../extraction/suppression-comments.js'
import type { Finding } from '../finding.js'
import type { ConfiguredSuppression } from '../host/configuration-file.js'
import { nearest, suggestion } from '../host/nearest.js'
import { ownRuleNames, unusedSuppression } from '../host/own-rules.js'
import { isKnownSelector, matchSelector, selectorNames } from '../host/selector.js'
import type { OfferedFix, SilencedFinding } from '../lint.js'
import type { Location } from '../text/location.js'
import { fingerprint } from './fingerprint.js'

export interface SuppressionResult {
  kept: Finding[]
  silenced: SilencedFinding[]
  /** Findings about suppressions that silence nothing, each with the edit that removes it. */
  unused: { finding: Finding; fix: OfferedFix }[]
}

export interface SuppressionOptions {
  /** Names of all rules. */
  rules: readonly string[]
  /** Whether the rule ran on this file; a suppression of a rule that did not is not called unused. */
  ran(rule: string): boolean
  /** `[[suppress]]` entries of the configuration that cover the file. */
  configured?: readonly ConfiguredSuppression[]
}

/** Applies all suppressions of one file to its findings. */
export function applySuppressions(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  options: SuppressionOptions,
): SuppressionResult {
  const used = suppressions.map(() => new Set<string>())
  const covers = new Covers(suppressions)
  const silencedBy = (finding: Finding): Omit<SilencedFinding, 'finding'> | null => {
    let hit: Omit<SilencedFinding, 'finding'> | null = null
    for (const index of covers.at(finding.location)) {
      const suppression = suppressions[index]!
      if (suppression.malformed !== null) continue
      for (const selector of suppression.selectors ?? ['*']) {
        const match = matchSelector(selector, finding.rule)
        // "Every rule" does not mean the report that "every rule" is unused.
        if (match === undefined || (match === 0 && finding.rule === unusedSuppression)) continue
        used[index]!.add(selector)
        hit ??= { by: 'comment', reason: suppression.reason }
      }
    }
    const entry = options.configured?.find((one) => matchSelector(one.rule, finding.rule) !== undefined)
    return hit ?? (entry === undefined ? null : { by: 'configuration', reason: entry.reason })
  }
  const kept: Finding[] = []
  const silenced: SilencedFinding[] = []
  for (const finding of findings) {
    const by = silencedBy(finding)
    if (by === null) kept.push(finding)
    else silenced.push({ finding, ...by })
  }
  const ordinals = new Map<string, number>()
  const unused = suppressions
    .flatMap((suppression, index) => report(suppression, used[index]!, options, ordinals))
    .filter(({ finding }) => silencedBy(finding) === null)
  return { kept, silenced, unused }
}

/** Which suppressions reach a place: asked for each finding of a file, so they are sorted by where they begin. */
class Covers {
  private readonly files: number[] = []
  private readonly ranges: { range: Location; index: number; furthest: number }[] = []

  constructor(private readonly suppressions: readonly Suppression[]) {
    suppressions.forEach(({ file, covers }, index) => {
      if (file) this.files.push(index)
      else for (const range of covers) this.ranges.push({ range, index, furthest: 0 })
    })
    this.ranges.sort((a, b) => a.range.start - b.range.start)
    let furthest = 0
    for (const one of this.ranges) {
      furthest = Math.max(furthest, one.range.end)
      one.furthest = furthest
    }
  }

  /** Indexes of the suppressions that reach it. */
  at({ path, cell, start }: Location): Set<number> {
    const found = new Set<number>()
    const add = (index: number): void => {
      if (this.suppressions[index]!.location.path === path) found.add(index)
    }
    this.files.forEach(add)
    let next = 0
    for (let high = this.ranges.length; next < high; ) {
      const middle = (next + high) >> 1
      if (this.ranges[middle]!.range.start <= start) next = middle + 1
      else high = middle
    }
    for (let at = next - 1; at >= 0 && this.ranges[at]!.furthest >= start; at--) {
      const { range, index } = this.ranges[at]!
      if (range.cell === cell && start <= range.end) add(index)
    }
    return found
  }
}

function report(
  suppression: Suppression,
  used: Set<string>,
  options: SuppressionOptions,
  ordinals: Map<string, number>,
): SuppressionResult['unused'] {
  const all = suppression.selectors ?? ['*']
  const idle: string[] = []
  const unknown: string[] = []
  const known = [...options.rules, ...ownRuleNames]
  for (const selector of all) {
    if (used.has(selector) || matchSelector(selector, unusedSuppression) === 2) continue
    if (!isKnownSelector(selector, known)) unknown.push(selector)
    else if (options.rules.some((rule) => matchSelector(selector, rule) !== undefined && options.ran(rule))) {
      idle.push(selector)
    }
  }
  if (suppression.malformed === null && idle.length + unknown.length === 0) return []
  const names = selectorNames(known)
  const message =
    suppression.malformed !== null
      ? `This suppression has no effect: ${suppression.malformed}.`
      : [
          ...unknown.map(
            (name) => `This suppression names an unknown rule: ${name}${suggestion(name, names)}`,
          ),
          ...(idle.length === 0 ? [] : [idleMessage(suppression, idle)]),
        ]
          .join(' ')
          .replace(/[^.?]$/, '$&.')
  const gone = new Set([...idle, ...unknown])
  const rest = suppression.malformed === null ? all.filter((selector) => !gone.has(selector)) : []
  const edit: TextEdit =
    rest.length > 0 && suppression.list !== null
      ? { location: suppression.list, newText: rest.join(', ') }
      : suppression.removal
  const ordinal = ordinals.get(suppression.text) ?? 0
  ordinals.set(suppression.text, ordinal + 1)
  const { path } = suppression.location
  return [
    {
      finding: {
        rule: unusedSuppression,
        reader: 'costlint',
        severity: 'information',
        confidence: 'high',
        message,
        location: suppression.location,
        checklist: [],
        saving: null,
        related: [],
        fingerprint: fingerprint(unusedSuppression, path, '', suppression.text, ordinal),
        requests: [],
      },
      fix: correction(suppression) ?? {
        title:
          rest.length > 0 ? `Remove ${[...gone].join(', ')} from the suppression` : 'Remove the suppression',
        safety: 'safe',
        edits: [edit],
      },
    },
  ]
}

/** Other linters' words for the same. */
const likeIgnore = /^(?:disable|noqa|off|skip|suppress|ignored?-?line|disable-?line|no-?qa)$/i

/** What a comment that is no directive was probably meant to be; undefined: it has none of these faults. */
function correction({ word, text }: Suppression): OfferedFix | undefined {
  if (word === undefined) return undefined
  const meant = likeIgnore.test(word.text) ? 'ignore' : nearest(word.text, ['ignore', 'ignore-file'])
  const newText = word.text === '' ? ':' : meant
  // `disable=search` would become a suppression of everything.
  if (newText === undefined || !word.standsAlone)
    return { title: 'Correct the suppression', refused: `nobody can tell what ${JSON.stringify(text)} means` }
  return {
    title: newText === ':' ? 'Write the colon' : `Write "${newText}"`,
    safety: 'safe',
    edits: [{ location: word.location, newText }],
  }
}

function idleMessage(suppression: Suppression, idle: string[]): string {
  const where = suppression.file ? 'in this file' : 'here'
  return suppression.selectors === null
    ? `Unused suppression: no rule reports anything ${where}.`
    : `Unused suppression: ${idle.join(', ')} ${idle.length === 1 ? 'reports' : 'report'} nothing ${where}.`
}
