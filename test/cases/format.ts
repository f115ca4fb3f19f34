/**
 * Reads a page of cases: Markdown whose named code blocks are small projects with their expected findings marked in
 * the text. The format is described in README.md next to this file.
 */
import type { Severity } from '../../server/src/rules/rule.js'

/** A finding that the page promises, in the file as it is without its marks. */
export interface Mark {
  rule: string
  severity: Severity
  /** Text with `…` for anything; null: any message. */
  message: string | null
  file: string
  /** 0-based line of the clean text; in a notebook, of the clean percent text. */
  line: number
  /** 0-based column, UTF-16. */
  column: number
  /** Exclusive; null where the page points only at the start. */
  endColumn: number | null
  /** 1-based line of the page, for messages of the tests. */
  pageLine: number
}

export interface CaseFile {
  name: string
  language: string
  /** Without marks, with a final newline unless empty. */
  text: string
}

export interface Case {
  /** The headings that lead to it, without the page's title. */
  title: string
  /** 1-based line of its heading. */
  line: number
  files: CaseFile[]
  marks: Mark[]
  /** By number of the fix (1 is the preferred one): file name to text. */
  fixed: Map<number, Map<string, string>>
  notFixed: string | null
  noFix: boolean
  /** A file of it is half-typed on purpose. */
  doesNotParse: boolean
  fixTitle: string | null
  fixSafety: string | null
}

export interface Page {
  /** The rule that the title names. */
  rule: string
  /** Headings with their level and the prose under them, in order. */
  sections: { level: number; title: string; line: number; prose: string }[]
  cases: Case[]
  /** What is wrong with the page itself. */
  problems: string[]
}

const severities = 'error|warning|information|hint'
const markLine = new RegExp(
  String.raw`^\s*(#|//)( *)(\^+|<-+) *(${severities})(?:\[([\w/-]+)\])?(?:: *(.*?))? *$`,
)
const heading = /^(#{1,6}) +(.+?) *#* *$/
const fence = /^(`{3,})([^`]*)$/
const blockName = /^(\S+) +(\S+?)(?: +\((fixed|fix (\d+))\))?$/

interface Block {
  info: string
  text: string[]
  /** 1-based page line of the first line of text. */
  line: number
}

/** Splits a page into headings, prose and code blocks. */
function* tokens(
  lines: string[],
): Generator<
  | { kind: 'heading'; level: number; title: string; line: number }
  | { kind: 'prose'; text: string }
  | { kind: 'block'; block: Block; closed: boolean }
> {
  let at = 0
  while (at < lines.length) {
    const line = lines[at]!
    const opening = fence.exec(line)
    if (opening) {
      const first = at + 1
      let last = first
      while (last < lines.length && !(lines[last]!.trimEnd() === opening[1])) last++
      const block = { info: opening[2]!.trim(), text: lines.slice(first, last), line: first + 1 }
      yield { kind: 'block', block, closed: last < lines.length }
      at = last + 1
      continue
    }
    const title = heading.exec(line)
    if (title) yield { kind: 'heading', level: title[1]!.length, title: title[2]!, line: at + 1 }
    else yield { kind: 'prose', text: line }
    at++
  }
}

/** Takes the marks out of a block's lines. */
function readMarks(
  rule: string,
  file: string,
  lines: string[],
  firstPageLine: number,
): { text: string; marks: Mark[]; problems: string[] } {
  const clean: string[] = []
  const marks: Mark[] = []
  const problems: string[] = []
  lines.forEach((line, index) => {
    const found = markLine.exec(line)
    if (!found) {
      clean.push(line)
      return
    }
    const pageLine = firstPageLine + index
    if (clean.length === 0) {
      problems.push(`line ${pageLine}: a mark needs a line of code above it`)
      return
    }
    const pointer = found[3]!
    const fromComment = pointer.startsWith('<')
    const comment = line.indexOf(found[1]!)
    const column = fromComment ? comment : comment + found[1]!.length + found[2]!.length
    const width = fromComment ? pointer.length - 1 : pointer.length
    const target = clean[clean.length - 1]!
    if (column + width > target.length) {
      problems.push(`line ${pageLine}: the mark points behind the end of the line above it`)
    }
    marks.push({
      rule: found[5] ?? rule,
      severity: found[4] as Severity,
      message: found[6] ? found[6] : null,
      file,
      line: clean.length - 1,
      column,
      endColumn: width === 1 ? null : column + width,
      pageLine,
    })
  })
  return { text: clean.length === 0 ? '' : `${clean.join('\n')}\n`, marks, problems }
}

export function parsePage(markdown: string): Page {
  const page: Page = { rule: '', sections: [], cases: [], problems: [] }
  const path: string[] = []
  let current: Case | null = null
  let section: Page['sections'][number] | null = null

  const start = (title: string, line: number): Case => ({
    title,
    line,
    files: [],
    marks: [],
    fixed: new Map(),
    notFixed: null,
    noFix: false,
    doesNotParse: false,
    fixTitle: null,
    fixSafety: null,
  })
  const finish = () => {
    if (!current) return
    if (current.files.length > 0) page.cases.push(current)
    else if (current.fixed.size > 0) page.problems.push(`line ${current.line}: a fixed text, but no file`)
    for (const [, texts] of current.fixed) {
      for (const name of texts.keys()) {
        if (current.files.length > 0 && !current.files.some((file) => file.name === name)) {
          page.problems.push(`line ${current.line}: fixed text of ${name}, which the case does not have`)
        }
      }
    }
  }

  for (const token of tokens(markdown.replace(/\r\n/g, '\n').split('\n'))) {
    if (token.kind === 'heading') {
      finish()
      if (token.level === 1 && page.rule === '') page.rule = token.title.replace(/`/g, '').trim()
      path.length = Math.max(0, token.level - 1)
      path[token.level - 1] = token.title
      current = start(path.slice(1).filter(Boolean).join(' › ') || token.title, token.line)
      section = { level: token.level, title: token.title, line: token.line, prose: '' }
      page.sections.push(section)
    } else if (token.kind === 'prose') {
      if (section) section.prose += `${token.text}\n`
      if (current) readDirective(token.text, current)
    } else {
      if (!token.closed) page.problems.push(`line ${token.block.line}: this code block is never closed`)
      if (!current) {
        if (blockName.test(token.block.info)) {
          page.problems.push(`line ${token.block.line}: a named block needs a heading above it`)
        }
        continue
      }
      readBlock(page, current, token.block)
    }
  }
  finish()
  const titles = new Set<string>()
  for (const one of page.cases) {
    if (titles.has(one.title)) page.problems.push(`line ${one.line}: two cases are called "${one.title}"`)
    titles.add(one.title)
  }
  if (page.rule === '') page.problems.push('line 1: no title; the first heading names the rule')
  return page
}

function readDirective(text: string, into: Case): void {
  const found = /^\((not fixed|fix title|fix safety): *(.+)\) *$/.exec(text)
  if (found) {
    if (found[1] === 'not fixed') into.notFixed = found[2]!
    else if (found[1] === 'fix title') into.fixTitle = found[2]!
    else into.fixSafety = found[2]!
  } else if (/^\(no fix\) *$/.test(text)) into.noFix = true
  else if (/^\(does not parse\) *$/.test(text)) into.doesNotParse = true
}

function readBlock(page: Page, into: Case, block: Block): void {
  const name = blockName.exec(block.info)
  if (!name) {
    if (/\s/.test(block.info))
      page.problems.push(`line ${block.line}: cannot read the block name "${block.info}"`)
    return
  }
  const [, language, file, after, number] = name
  if (after) {
    const which = number ? Number(number) : 1
    const texts = into.fixed.get(which) ?? new Map<string, string>()
    into.fixed.set(which, texts)
    if (texts.has(file!)) page.problems.push(`line ${block.line}: a second text for ${file} (${after})`)
    if (block.text.some((line) => markLine.test(line))) {
      page.problems.push(`line ${block.line}: marks do not belong into a fixed text`)
    }
    texts.set(file!, block.text.length === 0 ? '' : `${block.text.join('\n')}\n`)
    return
  }
  if (into.files.some((one) => one.name === file)) {
    page.problems.push(`line ${block.line}: a second file ${file} in one case; give it a heading of its own`)
    return
  }
  const raw = file!.endsWith('.ipynb') && language === 'json'
  const read = raw
    ? { text: `${block.text.join('\n')}\n`, marks: [], problems: [] }
    : readMarks(page.rule, file!, block.text, block.line)
  into.files.push({ name: file!, language: language!, text: read.text })
  into.marks.push(...read.marks)
  page.problems.push(...read.problems)
}

/** True where `actual` is `expected`, with `…` in it for any text. */
export function messageMatches(expected: string, actual: string): boolean {
  const parts = expected.split('…')
  if (parts.length === 1) return expected === actual
  const first = parts[0]!
  const last = parts[parts.length - 1]!
  if (!actual.startsWith(first)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = actual.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return actual.length - last.length >= at && actual.endsWith(last)
}
