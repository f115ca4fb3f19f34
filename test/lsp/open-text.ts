/** Texts as an editor holds them, and what it is told of them: in words that the command line's output can be put into as well. */
import assert from 'node:assert/strict'
import type { Diagnostic, TextDocumentContentChangeEvent } from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { problemText } from '../../server/src/report/message.js'
import { type JsonPosition, linesOf, readOutput } from '../robustness/contract.js'
import { odd } from '../robustness/damage.js'

export const languages: Record<string, string> = {
  py: 'python',
  yaml: 'yaml',
  slurm: 'shellscript',
  toml: 'toml',
  txt: 'plaintext',
}
const severities = ['', 'error', 'warning', 'information', 'hint']

/** What the bytes of a file cannot hold, or what makes them no text at all, cannot be compared. */
export const strange = odd.filter((text) => !/[\0\ud800\ufeff]/.test(text))

/** A text that the server follows edit by edit. */
export class Open {
  document: TextDocument

  constructor(
    readonly uri: string,
    language: string,
    readonly original: string,
  ) {
    this.document = TextDocument.create(uri, language, 1, original)
  }

  get text(): string {
    return this.document.getText()
  }

  /** The change to a new text as an editor sends it: the piece that differs, in a range. */
  edit(text: string): TextDocumentContentChangeEvent {
    const before = this.text
    let head = 0
    while (head < text.length && text[head] === before[head]) head++
    let tail = 0
    while (tail < Math.min(text.length, before.length) - head && text.at(-1 - tail) === before.at(-1 - tail))
      tail++
    // An editor edits whole characters and line ends.
    const splits = (at: number) =>
      /[\ud800-\udbff\r]/.test(before[at - 1] ?? '') || /[\ud800-\udbff\r]/.test(text[at - 1] ?? '')
    while (head > 0 && splits(head)) head--
    while (tail > 0 && /[\udc00-\udfff\n]/.test(before[before.length - tail] ?? '')) tail--
    const range = {
      start: this.document.positionAt(head),
      end: this.document.positionAt(before.length - tail),
    }
    const change = { range, text: text.slice(head, text.length - tail) }
    this.document = TextDocument.update(this.document, [change], this.document.version + 1)
    assert.equal(this.text, text)
    return change
  }
}

/** A diagnostic of the server with all that a user sees of it. */
export function diagnosticLine(
  path: string,
  cell: number | null,
  { code, severity, range, message }: Diagnostic,
): string {
  const at = ({ line, character }: { line: number; character: number }) => `${line}:${character}`
  return `${path} ${cell ?? '-'} ${at(range.start)} ${at(range.end)} ${severities[severity!]} ${code}: ${message}`
}

/** The same of each finding in the output of a check of `folder`; sorted. */
export function findingLines(stdout: string, folder: string): string[] {
  return readOutput(stdout, folder)
    .findings.map((finding) => {
      const lines = linesOf(finding, folder)
      const at = ({ line, column }: JsonPosition) =>
        `${line - 1}:${[...lines[line - 1]!].slice(0, column - 1).join('').length}`
      const { path, cell, range, severity, rule } = finding
      return `${path} ${cell ?? '-'} ${at(range.start)} ${at(range.end)} ${severity} ${rule}: ${problemText(finding)}`
    })
    .sort()
}
