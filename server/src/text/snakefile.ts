/** By its name: only there do the words of Snakemake stand for blocks. */
export function isSnakefile(path: string): boolean {
  return /(^|\/)snakefile([._-][^./]*)?$|\.smk$/i.test(path)
}

/**
 * A Snakefile as Python of the same length: rules and their directives become blocks. Source: Snakemake 8, grammar. `rule train:` is
 * `with train:`, `input:` is `if 111:`, and what has no such spelling is blank.
 */
export function maskSnakefile(text: string): string {
  return separateArguments(text)
    .replace(
      /^([ \t]*)(rule|checkpoint|module)([ \t]+\w+[ \t]*:)/gm,
      (_all, indent: string, word: string, rest: string) => {
        return `${indent}with${' '.repeat(word.length - 4)}${rest}`
      },
    )
    .replace(/^([ \t]*)(?:rule|checkpoint)[ \t]*:/gm, (all: string, indent: string) => block(indent, all))
    .replace(/^[ \t]*(use[ \t]+rule\b|localrules|ruleorder)[^\n]*/gm, (all) => ' '.repeat(all.length))
    .replace(directives, (all: string, indent: string) => block(indent, all))
    .replace(/^([ \t]+)(log|run)[ \t]*:[ \t]*\r?\n/gm, (all: string, indent: string) =>
      `${indent}if 1:`.padEnd(all.length),
    )
    .replace(/^([ \t]+)log[ \t]*:[ \t](?=[ \t]*["'\w(#[{])/gm, (all: string, indent: string) =>
      `${indent}if 1:`.padEnd(all.length),
    )
}

/** What stands behind a directive is an argument list: `cpus=4, runtime=10` becomes two assignments, `cpus=4; runtime=10`. */
function separateArguments(text: string): string {
  const separators: number[] = []
  let end = 0
  for (const { 0: head, 1: indent, index } of text.matchAll(argumentLists))
    if (index >= end) end = findSeparators(text, index + head.length, indent!.length, separators)
  let separated = ''
  let done = 0
  for (const at of separators) {
    separated += `${text.slice(done, at)};`
    done = at + 1
  }
  return separated + text.slice(done)
}

const parts =
  /("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*|\n|[([{]|[)\]}]|,(?=[ \t]*\w+[ \t]*=(?!=))/g
const endOfLine = /[ \t]*(\S|$)/y

/** Commas before a keyword, outside of brackets, up to the line that stands no deeper than the directive; its start is returned. */
function findSeparators(text: string, from: number, indent: number, found: number[]): number {
  let depth = 0
  parts.lastIndex = from
  for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
    const [written] = part
    if (written === ',') {
      if (depth === 0) found.push(part.index)
    } else if (/^[([{]$/.test(written)) depth++
    else if (/^[)\]}]$/.test(written)) depth--
    else if (written === '\n' && depth <= 0) {
      endOfLine.lastIndex = part.index + 1
      const next = endOfLine.exec(text)
      if (next !== null && /[^\s#]/.test(next[1]!) && next[0].length - 1 <= indent) return part.index
    }
  }
  return text.length
}

/** `if 1111:` in as many characters. */
function block(indent: string, all: string): string {
  return `${indent}if ${'1'.repeat(all.length - indent.length - 4)}:`
}

const directives =
  /^([ \t]*)(?:input|output|params|resources|threads|shell|script|notebook|wrapper|message|benchmark|priority|conda|container|singularity|envmodules|group|retries|shadow|cache|version|name|handover|localrule|template_engine|wildcard_constraints|default_target|onstart|onsuccess|onerror)[ \t]*:(?=[ \t]*(?:$|["'\w(#[{]))/gm
/** Directives that take arguments; those of a `run:` block are Python. */
const argumentLists =
  /^([ \t]+)(?:input|output|params|resources|log|envmodules|wildcard_constraints)[ \t]*:/gm
