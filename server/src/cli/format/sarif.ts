/** SARIF 2.1.0, as GitHub and other services of code scanning read it. */

import { version } from '../../host/node/version.js'
import { rulePageLink } from '../../linter.js'
import { lookUp } from '../../text/records.js'
import type { RuleInfo } from '../engine.js'
import type { Range } from '../positions.js'
import type { Place, Report, Shown, ShownFix } from '../report.js'
import { cellText, savingText } from './words.js'

export interface RuleTexts {
  rules: readonly RuleInfo[]
  /** The page of each rule (Markdown). */
  pages: Readonly<Record<string, string>>
}

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

const levels = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const

export function formatSarif(report: Report, texts: RuleTexts): string {
  const all = [...report.findings, ...report.suppressed]
  const names = [...new Set(all.map(({ finding }) => finding.rule))].sort()
  const log = {
    $schema: schema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'CostLint',
            semanticVersion: version,
            informationUri: 'https://github.com/costlint/costlint',
            rules: names.map((name) => descriptor(name, texts)),
          },
        },
        columnKind: 'unicodeCodePoints',
        originalUriBaseIds: {
          '%SRCROOT%': { description: { text: 'The top of the repository.' } },
        },
        invocations: [invocation(report)],
        results: [
          ...report.findings.map((shown) => result(shown, names.indexOf(shown.finding.rule), report)),
          ...report.suppressed.map((shown) => ({
            ...result(shown, names.indexOf(shown.finding.rule), report),
            suppressions: [suppression(shown)],
          })),
        ],
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function descriptor(name: string, { rules, pages }: RuleTexts) {
  const rule = rules.find((one) => one.name === name)
  const page = lookUp(pages, name)
  const summary = rule?.summary ?? name
  return {
    id: name,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    helpUri: rulePageLink(name),
    help: {
      text: page === undefined ? summary : `${summary} More: ${rulePageLink(name)}`,
      ...(page === undefined ? {} : { markdown: absolute(page, name) }),
    },
    defaultConfiguration: { level: levels[rule?.severity ?? 'warning'] },
    properties: {
      tags: ['cost', 'performance', ...(rule?.checklist ?? [])],
      'problem.severity': rule?.severity === 'error' ? 'error' : 'warning',
    },
  }
}

/** Links between pages lead nowhere from another site. */
function absolute(page: string, rule: string): string {
  return page.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, target: string) => {
    return `](${new URL(target, rulePageLink(rule)).href})`
  })
}

function result(shown: Shown, ruleIndex: number, report: Report) {
  const { finding } = shown
  const { rule, message, severity, saving, confidence, reader, checklist, fingerprint } = finding
  const fixes = shown.fixes.filter((fix) => fix.safety !== 'display' && fix.edits.length > 0)
  const costs = saving === null ? '' : ` Saves ${savingText(saving)}.`
  return {
    ruleId: rule,
    ruleIndex,
    level: levels[severity],
    message: { text: `${message}${costs}${cellText(shown)}` },
    locations: [location(shown, report)],
    ...(shown.related.length === 0
      ? {}
      : {
          relatedLocations: shown.related.map((each, id) => ({
            id,
            ...location(each, report),
            message: { text: `${each.message}${cellText(each)}` },
          })),
        }),
    partialFingerprints: { 'costlint/v1': fingerprint },
    ...(fixes.length === 0 ? {} : { fixes: fixes.map((fix) => change(fix, report)) }),
    properties: { severity, confidence, reader, checklist, saving },
  }
}

function suppression({ by, reason }: Report['suppressed'][number]) {
  return {
    kind: by === 'comment' ? 'inSource' : 'external',
    status: 'accepted',
    ...(reason === null ? {} : { justification: reason }),
  }
}

function location(place: Place, report: Report) {
  return {
    physicalLocation: {
      artifactLocation: artifact(place.path, report),
      region: region(place.inFile),
    },
    ...(place.cell === null ? {} : { logicalLocations: [{ name: `cell ${place.cell}`, kind: 'module' }] }),
  }
}

function region({ start, end }: Range) {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column }
}

function artifact(path: string, report: Report) {
  const uri = report.fromTop(path).split('/').map(encodeURIComponent).join('/')
  return { uri, uriBaseId: '%SRCROOT%' }
}

function change({ title, safety, edits }: ShownFix, report: Report) {
  const paths = [...new Set(edits.map((edit) => edit.path))]
  return {
    description: { text: safety === 'safe' ? title : `${title} (${safety})` },
    artifactChanges: paths.map((path) => ({
      artifactLocation: artifact(path, report),
      replacements: edits
        .filter((edit) => edit.path === path)
        .map((edit) => ({
          deletedRegion: region(edit.inFile),
          insertedContent: { text: textInFile(edit) },
        })),
    })),
  }
}

/** In a notebook the text goes into a string of its JSON. */
function textInFile({ cell, newText }: ShownFix['edits'][number]): string {
  return cell === null ? newText : JSON.stringify(newText).slice(1, -1)
}

function invocation(report: Report) {
  const notice = (level: 'error' | 'warning', path: string, text: string, line?: number) => ({
    level,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(path, report),
          ...(line === undefined ? {} : { region: { startLine: line } }),
        },
      },
    ],
  })
  return {
    executionSuccessful: report.faults.length + report.problems.length + report.unmatched.length === 0,
    toolExecutionNotifications: [
      ...report.faults.map(({ path, message }) => notice('error', path, message)),
      ...[...report.unmatched, ...report.errors].map(({ path, message }) => notice('warning', path, message)),
    ],
    toolConfigurationNotifications: report.problems.map(({ path, line, message }) =>
      notice('error', path, message, line),
    ),
  }
}
