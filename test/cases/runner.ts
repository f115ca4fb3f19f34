/** Runs the cases of a page: lints each as a project in memory, compares findings, carries out fixes. */
import assert from 'node:assert/strict'
import type { Safety } from '../../server/src/edit/write.js'
import type { Finding, Fix } from '../../server/src/finding.js'
import type { Host } from '../../server/src/host/host.js'
import type { LintResult, OfferedFix, Project } from '../../server/src/linter.js'
import { rules } from '../../server/src/rules/index.js'
import type { Location } from '../../server/src/text/location.js'
import { applyEdits, type Files } from './edits.js'
import { type Case, type CaseFile, type Mark, messageMatches } from './format.js'
import { memoryHost, memoryRoot } from './memory-host.js'
import { notebookCellTexts, notebookToPercent, percentCells, percentToNotebook } from './notebook.js'
import { isBroken } from './syntax-check.js'

/** How a project is opened: the engine's own way, or a toy's in the tests of this runner. */
export type Open = (root: string, host: Host) => Project | Promise<Project>

interface Linted {
  result: LintResult
  /** For each finding of `only`, in order. */
  fixes: Map<Finding, OfferedFix[]>
}

function isPercentNotebook(file: CaseFile): boolean {
  return file.name.endsWith('.ipynb') && file.language === 'python'
}

export function filesOf(one: Case): Files {
  return new Map(
    one.files.map((file) => [file.name, isPercentNotebook(file) ? percentToNotebook(file.text) : file.text]),
  )
}

async function lint(
  open: Open,
  files: Files,
  fixesOf: string,
  explained = false,
  doesNotParse = false,
): Promise<Linted> {
  const project = await open(memoryRoot, memoryHost(files))
  try {
    const result = await project.lint()
    if (explained) await checkSilences(project)
    assert.deepEqual(result.faults, [], 'faults of the engine')
    const unread = doesNotParse ? result.errors.filter(({ kind }) => kind !== 'syntax') : result.errors
    assert.deepEqual(unread, [], 'files that could not be read')
    const fixes = new Map<Finding, OfferedFix[]>()
    for (const finding of result.findings) {
      if (finding.rule === fixesOf) fixes.set(finding, await project.fixes(finding))
    }
    return { result, fixes }
  } finally {
    await project.dispose()
  }
}

/** A rule that judges something and reports nothing can say why. */
async function checkSilences(project: Project): Promise<void> {
  const { subjects } = await project.why({ path: '' })
  const unexplained = subjects.flatMap(({ kind, path, line, rules }) =>
    rules
      .filter(({ verdict, reasons }) => verdict !== 'reported' && !reasons.some(({ text }) => text !== ''))
      .map(({ rule }) => `${rule} on ${kind} at ${path}:${line}`),
  )
  assert.deepEqual(unexplained, [], 'rules that report nothing and give no reason')
}

/** Where a mark points, in the file as it is linted. */
function locationOf(mark: Mark, one: Case): Location {
  const file = one.files.find((candidate) => candidate.name === mark.file)!
  let lines = file.text.split('\n')
  let cell: number | null = null
  let line = mark.line
  if (isPercentNotebook(file)) {
    const cells = percentCells(file.text)
    for (const [index, candidate] of cells.entries()) if (candidate.line <= mark.line) cell = index
    assert.ok(cell !== null, `line ${mark.pageLine}: the mark stands in no cell`)
    line -= cells[cell]!.line
    lines = cells[cell]!.text.split('\n')
  }
  const start = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0)
  return {
    path: mark.file,
    cell,
    start: start + mark.column,
    end: start + (mark.endColumn ?? mark.column),
  }
}

function textAt(files: Files, location: Location): string {
  const text = files.get(location.path) ?? ''
  return location.cell === null ? text : (notebookCellTexts(text)[location.cell] ?? '')
}

/** `train.py:5:10-20 warning[rule]: message`, lines and columns from 1. */
function describeFinding(finding: Finding, files: Files): string {
  const text = textAt(files, finding.location)
  const place = (offset: number) => {
    const before = text.slice(0, offset).split('\n')
    return `${before.length}:${before[before.length - 1]!.length + 1}`
  }
  const cell = finding.location.cell === null ? '' : ` cell ${finding.location.cell}`
  const { start, end } = finding.location
  return `${finding.location.path}${cell} ${place(start)} to ${place(end)} ${finding.severity}[${finding.rule}]: ${finding.message}`
}

/** Why this finding is not the marked one; null where it is. */
function difference(mark: Mark, finding: Finding, one: Case, files: Files): string | null {
  const expected = locationOf(mark, one)
  const actual = finding.location
  if (finding.rule !== mark.rule) return 'rule'
  if (actual.path !== expected.path || actual.cell !== expected.cell) return 'file'
  if (actual.start !== expected.start) return 'start'
  if (mark.endColumn !== null) {
    const text = textAt(files, actual)
    const newline = text.indexOf('\n', actual.start)
    const endOfLine = newline < 0 ? text.length : newline
    if (Math.min(actual.end, endOfLine) !== expected.end) return 'end'
  }
  if (finding.severity !== mark.severity) return 'severity'
  if (mark.message !== null && !messageMatches(mark.message, finding.message)) return 'message'
  return null
}

function compareFindings(one: Case, findings: Finding[], files: Files): void {
  const left = [...findings]
  const missing: string[] = []
  for (const mark of one.marks) {
    const at = left.findIndex((finding) => difference(mark, finding, one, files) === null)
    if (at >= 0) {
      left.splice(at, 1)
      continue
    }
    const near = left.find((finding) => !['rule', 'file'].includes(difference(mark, finding, one, files)!))
    const why = near ? ` (nearest: ${difference(mark, near, one, files)} differs)` : ''
    missing.push(
      `page line ${mark.pageLine}: ${mark.severity}[${mark.rule}]: ${mark.message ?? 'any message'}${why}`,
    )
  }
  if (missing.length === 0 && left.length === 0) return
  const lines = [
    ...missing.map((text) => `  expected and not found: ${text}`),
    ...left.map((finding) => `  found and not expected: ${describeFinding(finding, files)}`),
  ]
  assert.fail(`findings differ\n${lines.join('\n')}`)
}

function isFix(offered: OfferedFix | undefined): offered is Fix {
  return offered !== undefined && 'edits' in offered
}

/**
 * Carries out the fix of this number for every finding of the rule that the case begins with. `sketch`: one of the
 * fixes was only to be shown.
 */
async function fixAll(
  open: Open,
  rule: string,
  files: Files,
  number: number,
): Promise<{ files: Files; sketch: boolean }> {
  let current = files
  let sketch = false
  const first = await lint(open, files, rule)
  const wanted = first.fixes.size
  const done = new Set<string>()
  for (let round = 0; round < wanted; round++) {
    const { fixes } = round === 0 ? first : await lint(open, current, rule)
    const next = [...fixes].find(([finding]) => !done.has(finding.fingerprint))
    if (!next) break
    const [finding, offered] = next
    done.add(finding.fingerprint)
    const fix = offered[number - 1]
    if (!isFix(fix)) continue
    sketch ||= fix.safety === 'display'
    current = applyEdits(current, fix.edits)
  }
  return { files: current, sketch }
}

function readableText(file: CaseFile, text: string): string {
  return isPercentNotebook(file) ? notebookToPercent(text) : text
}

async function compareFixed(open: Open, rule: string, one: Case, files: Files): Promise<void> {
  for (const [number, texts] of one.fixed) {
    const { files: after, sketch } = await fixAll(open, rule, files, number)
    for (const file of one.files) {
      const actual = readableText(file, after.get(file.name)!)
      const expected = texts.get(file.name) ?? readableText(file, files.get(file.name)!)
      assert.equal(actual, expected, `${file.name} after fix ${number}`)
    }
    if (sketch || number !== 1) continue
    const again = await fixAll(open, rule, after, number)
    assert.deepEqual(again.files, after, 'a second run changes something')
  }
}

function compareDirectives(one: Case, fixes: Map<Finding, OfferedFix[]>): void {
  if (one.notFixed === null && !one.noFix && one.fixTitle === null && one.fixSafety === null) return
  assert.ok(fixes.size > 0, 'the case speaks of fixes, but has no finding')
  for (const offered of fixes.values()) {
    if (one.noFix) {
      assert.deepEqual(offered, [], 'a fix is offered')
      continue
    }
    const preferred = offered[0]
    assert.ok(preferred, 'nothing is offered, neither a fix nor a refusal')
    if (one.notFixed !== null) {
      assert.ok(!isFix(preferred), `a fix is offered: ${preferred.title}`)
      assert.ok(messageMatches(one.notFixed, preferred.refused), `refused because: ${preferred.refused}`)
    }
    if (one.fixTitle !== null) {
      assert.ok(messageMatches(one.fixTitle, preferred.title), `the title is: ${preferred.title}`)
    }
    if (one.fixSafety !== null) {
      assert.ok(isFix(preferred), `refused: ${isFix(preferred) ? '' : preferred.refused}`)
      assert.equal(preferred.safety, one.fixSafety)
    }
  }
}

/** A shell does not read carriage returns, and a notebook holds its line breaks in JSON. */
const mayHoldCarriageReturns = /\.(py|ya?ml|toml|json|txt)$/

function withCarriageReturns(files: Files): Files {
  return new Map([...files].map(([path, text]) => [path, text.replace(/\n/g, '\r\n')]))
}

/** Files with Windows line ends get the same findings and the same fixes, and keep their line ends. */
async function checkLineEnds(open: Open, rule: string, files: Files, before: Linted): Promise<void> {
  if (before.fixes.size === 0 || ![...files.keys()].every((path) => mayHoldCarriageReturns.test(path))) return
  const windows = withCarriageReturns(files)
  const linted = await lint(open, windows, rule)
  assert.deepEqual(
    linted.result.findings.map((finding) => `${finding.rule}: ${finding.message}`),
    before.result.findings.map((finding) => `${finding.rule}: ${finding.message}`),
    'other findings with Windows line ends',
  )
  const offered = [...linted.fixes.values()]
  for (const [index, expected] of [...before.fixes.values()].entries()) {
    for (const [number, fix] of expected.entries()) {
      const same = offered[index]?.[number]
      assert.equal(same?.title, fix.title, 'another fix with Windows line ends')
      if (!isFix(fix) || !isFix(same)) continue
      assert.deepEqual(
        applyEdits(windows, same.edits),
        withCarriageReturns(applyEdits(files, fix.edits)),
        `Windows line ends are lost by "${fix.title}"`,
      )
    }
  }
}

function countByRule(findings: Finding[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return counts
}

/** What a rule asks next of the same subject, elsewhere: it comes to light where the first is mended. */
function isNext(one: Finding, mended: Finding): boolean {
  return (
    one.rule === mended.rule &&
    one.message !== mended.message &&
    one.location.path === mended.location.path &&
    one.location.start !== mended.location.start &&
    one.location.end !== mended.location.end
  )
}

/** What holds for every fix that may be applied by a run: see README.md, "Fixes". */
async function checkEachFix(open: Open, rule: string, files: Files, before: Linted): Promise<void> {
  const counts = countByRule(before.result.findings)
  // What the finding stood before may come to light.
  const less = new Set(rules.find(({ name }) => name === rule)?.supersedes)
  for (const [finding, offered] of before.fixes) {
    for (const fix of offered) {
      if (!isFix(fix) || fix.safety === 'display') continue
      const name = `after "${fix.title}"`
      assert.ok(fix.edits.length > 0, `${name}: nothing was edited`)
      const fixed = applyEdits(files, fix.edits)
      for (const [path, text] of fixed) {
        if (text === files.get(path)) continue
        assert.ok(
          !(await isBroken(path, text)) || (await isBroken(path, files.get(path)!)),
          `${name}: ${path} no longer parses`,
        )
      }
      const after = await lint(open, fixed, rule)
      const left = countByRule(after.result.findings.filter((one) => !isNext(one, finding)))
      assert.ok(
        (left.get(rule) ?? 0) < counts.get(rule)!,
        `${name}: the finding is still there: ${describeFinding(finding, files)}`,
      )
      for (const [other, count] of left) {
        if (less.has(other)) continue
        assert.ok(count <= (counts.get(other) ?? 0), `${name}: a new finding of ${other}`)
      }
    }
  }
}

/** @returns the levels of the fixes that are offered for the rule */
export async function runCase(rule: string, one: Case, open: Open): Promise<Set<Safety>> {
  const files = filesOf(one)
  const linted = await lint(open, files, rule, true, one.doesNotParse)
  const compared = new Set([rule, ...one.marks.map((mark) => mark.rule)])
  compareFindings(
    one,
    linted.result.findings.filter((finding) => compared.has(finding.rule)),
    files,
  )
  compareDirectives(one, linted.fixes)
  await compareFixed(open, rule, one, files)
  await checkEachFix(open, rule, files, linted)
  await checkLineEnds(open, rule, files, linted)
  return new Set(
    [...linted.fixes.values()].flatMap((offered) => offered.filter(isFix).map(({ safety }) => safety)),
  )
}
