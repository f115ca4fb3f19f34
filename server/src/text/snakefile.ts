/** By its name: only there do the words of Snakemake stand for blocks. */
export function isSnakefile(path: string): boolean {
  return /(^|\/)snakefile([._-][^./]*)?$|\.smk$/i.test(path)
}

/**
 * A Snakefile as Python of the same length: rules and their directives become blocks. Source: Snakemake 8, grammar. `rule train:` is
 * `with train:`, `input:` is `if 111:`, and what has no such spelling is blank.
 */
export function maskSnakefile(text: string): string {
  return text
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
}

/** `if 1111:` in as many characters. */
function block(indent: string, all: string): string {
  return `${indent}if ${'1'.repeat(all.length - indent.length - 4)}:`
}

const directives =
  /^([ \t]*)(?:input|output|params|resources|threads|shell|script|notebook|wrapper|message|benchmark|priority|conda|container|singularity|envmodules|group|retries|shadow|cache|version|name|handover|localrule|template_engine|wildcard_constraints|default_target|onstart|onsuccess|onerror)[ \t]*:(?=[ \t]*(?:$|["'\w(#[{]))/gm
