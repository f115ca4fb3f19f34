/**
 * Applies every fix that is offered, one at a time and in memory, and looks at what came of it: the file still
 * compiles, or holds the same data but for the change, the finding is gone, nothing is left to fix there, and no other line changed.
 */
import { applyEdits } from '../../server/src/edit/apply.js'
import type { Finding, Fix } from '../../server/src/finding.js'
import type { Project } from '../../server/src/linter.js'
import { rules } from '../../server/src/rules/index.js'
import { decode } from '../../server/src/text/decode.js'
import type { SourceFile } from '../../server/src/text/source-file.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { type ConfigurationReader, type Reread, replacements } from './configuration-check.js'
import type { PythonProcess } from './python-process.js'

export type Fault =
  | 'does not compile'
  | 'changed other data'
  | 'lost a comment or an anchor'
  | 'finding stays'
  | 'not clean on a second run'
  | 'changed more than its lines'
  | 'cannot be written'

export interface CheckedFix {
  finding: Finding
  title: string
  safety: Fix['safety']
  faults: Fault[]
  /** What the compiler said, and the findings that only the fix brought. */
  remarks: string[]
  /** The texts of configuration and shell that it edited, read again. */
  reread: Reread[]
}

/** What reads a file again. */
export interface Readers {
  python: PythonProcess
  configuration: ConfigurationReader
}

export interface FixRun {
  checked: CheckedFix[]
  /** Fixes that were named and not offered, by the reason given. */
  refused: Map<string, number>
}

export async function checkFixes(
  project: Project,
  findings: readonly Finding[],
  /** Of findings elsewhere no fix is tried. */
  onPath: RegExp,
  read: (path: string) => Promise<Uint8Array>,
  readers: Readers,
  onProgress: (done: number) => void,
): Promise<FixRun> {
  const run: FixRun = { checked: [], refused: new Map() }
  let done = 0
  for (const finding of findings) {
    const wanted = onPath.test(finding.location.path)
    for (const fix of wanted ? await project.fixes(finding) : []) {
      if ('refused' in fix) run.refused.set(fix.refused, (run.refused.get(fix.refused) ?? 0) + 1)
      else if (fix.edits.length > 0)
        run.checked.push(await checkOne(project, finding, fix, findings, read, readers))
    }
    onProgress(++done)
  }
  return run
}

async function checkOne(
  project: Project,
  finding: Finding,
  fix: Fix,
  before: readonly Finding[],
  read: (path: string) => Promise<Uint8Array>,
  readers: Readers,
): Promise<CheckedFix> {
  const faults = new Set<Fault>()
  const remarks: string[] = []
  const reread: Reread[] = []
  const paths = [...new Set(fix.edits.map((edit) => edit.location.path))]
  const result = (): CheckedFix => ({
    finding,
    title: fix.title,
    safety: fix.safety,
    faults: [...faults],
    remarks,
    reread,
  })
  for (const path of paths) {
    const decoded = decode(await read(path))
    if (decoded.text === undefined) continue
    const file = sourceFile(path, decoded.text)
    const edits = fix.edits.filter((edit) => edit.location.path === path)
    const text = applyEdits(file, edits)
    if (text === undefined) {
      faults.add('cannot be written')
      continue
    }
    const after = sourceFile(path, text)
    if (!sameElsewhere(file, after, edits)) faults.add('changed more than its lines')
    const problem = await compileProblem(file, after, readers.python)
    if (problem !== null) {
      faults.add('does not compile')
      remarks.push(problem)
    }
    for (const each of await readAgain(file, after, edits, readers.configuration)) {
      reread.push(each)
      if (each.broken !== undefined) {
        faults.add('does not compile')
        remarks.push(each.broken)
      }
      if (each.unexplained.length > 0) faults.add('changed other data')
      if (each.lost.length > 0) faults.add('lost a comment or an anchor')
      for (const one of each.unexplained) remarks.push(`${one.kind} ${one.path.join('.')}`)
      for (const mark of each.lost) remarks.push(`lost ${mark}`)
      for (const one of each.differences) {
        if (one.aliases > 0)
          remarks.push(`${one.path.join('.')} stands in ${one.aliases} more places through an alias`)
      }
    }
    project.open(path, text)
  }
  const now = (await project.lint()).findings
  // A sketch says what to do; carrying it out is left to the reader.
  if (fix.safety !== 'display') {
    const count = (list: readonly Finding[]) =>
      list.filter((each) => each.rule === finding.rule && each.location.path === finding.location.path).length
    // A rule that speaks once in a project speaks of the next place now.
    const once = saidOnce.has(finding.rule)
    const stays = now.find((each) =>
      once
        ? isSamePlace(each, finding, fix.edits)
        : each.rule === finding.rule && each.fingerprint === finding.fingerprint,
    )
    if (stays !== undefined && count(now) >= count(before)) faults.add('finding stays')
    else if (!once && count(now) >= count(before)) faults.add('not clean on a second run')
  }
  const known = new Set(before.map((each) => `${each.rule} ${each.fingerprint}`))
  const knownMessages = new Set(before.map((each) => `${each.rule} ${each.location.path} ${each.message}`))
  for (const each of now) {
    if (known.has(`${each.rule} ${each.fingerprint}`)) continue
    if (knownMessages.has(`${each.rule} ${each.location.path} ${each.message}`)) continue
    if (each.severity !== 'hint') remarks.push(`brings ${each.severity} ${each.rule}: ${each.message}`)
  }
  for (const path of paths) project.close(path)
  // Until then the project still holds the fixed texts.
  await project.lint()
  return result()
}

const saidOnce = new Set(rules.filter((rule) => rule.oncePerProject === true).map((rule) => rule.name))

/** The place of a finding, after the edits before it have moved it. */
function isSamePlace(now: Finding, before: Finding, edits: Fix['edits']): boolean {
  const { path, cell, start } = before.location
  if (now.rule !== before.rule || now.location.path !== path || now.location.cell !== cell) return false
  const moved = edits
    .filter(({ location }) => location.path === path && location.cell === cell && location.end <= start)
    .reduce((sum, { location, newText }) => sum + newText.length - (location.end - location.start), 0)
  return now.location.start === start + moved
}

/** The parts that are edited, without the lines that the edits touch, read the same before and after. */
function sameElsewhere(before: SourceFile, after: SourceFile, edits: Fix['edits']): boolean {
  if (before.parts.length !== after.parts.length) return false
  return before.parts.every((part, index) => {
    const other = after.parts[index]!
    const own = edits
      .filter((edit) => edit.location.cell === part.cell)
      .sort((a, b) => a.location.start - b.location.start)
    if (own.length === 0) return part.text === other.text
    const first = own[0]!.location.start
    const last = Math.max(...own.map((edit) => edit.location.end))
    const head = part.text.slice(0, part.text.lastIndexOf('\n', first - 1) + 1)
    const lineEnd = part.text.indexOf('\n', last)
    const tail = lineEnd < 0 ? '' : part.text.slice(lineEnd)
    return other.text.startsWith(head) && other.text.endsWith(tail)
  })
}

/** The fragments in a language other than Python whose text the edits changed. */
async function readAgain(
  before: SourceFile,
  after: SourceFile,
  edits: Fix['edits'],
  configuration: ConfigurationReader,
): Promise<Reread[]> {
  const found: Reread[] = []
  for (const [index, fragment] of before.fragments.entries()) {
    const now = after.fragments[index]
    if (fragment.language === 'python' || now === undefined || now.text === fragment.text) continue
    // A file that is one fragment: the offsets are the same. Elsewhere the words of the edits are enough.
    const own = replacements(
      before.parts.find((part) => part.cell === edits[0]!.location.cell)?.text ?? '',
      edits,
    )
    found.push(await configuration.reread(fragment.language, fragment.text, now.text, own))
  }
  return found
}

/** Null where everything that compiled before still does. */
async function compileProblem(
  before: SourceFile,
  after: SourceFile,
  python: PythonProcess,
): Promise<string | null> {
  if (after.notebook) {
    try {
      JSON.parse(after.text)
    } catch (error) {
      return `the notebook is no JSON any more: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  const old = before.fragments
    .filter((fragment) => fragment.language === 'python')
    .map((fragment) => fragment.text)
  const now = after.fragments
    .filter((fragment) => fragment.language === 'python')
    .map((fragment) => fragment.text)
  for (const [index, text] of now.entries()) {
    if (text === old[index]) continue
    const { problem } = await python.read('python', text)
    if (problem === undefined) continue
    // Python 2, templates: what never compiled cannot be judged.
    if (old[index] !== undefined && (await python.read('python', old[index])).problem !== undefined) continue
    return problem
  }
  return null
}
