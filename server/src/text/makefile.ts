/**
 * Recipes of a Makefile as a shell script of the same length: what is no command is blank, `$(NAME)` becomes `${NAME}`, and
 * simple variables are assignments. Source: GNU make manual, "Writing Recipes", "Setting Variables".
 */
export function maskMakefile(text: string): string {
  let recipe = false
  let continued = false
  return text.replace(/[^\n]*\n?/g, (line) => {
    if (line === '') return line
    const end = line.endsWith('\r\n') ? 2 : line.endsWith('\n') ? 1 : 0
    const body = line.slice(0, line.length - end)
    const inRecipe = continued ? recipe : body.startsWith('\t')
    const masked = inRecipe ? recipeLine(body, continued) : continued ? blank(body) : otherLine(body)
    recipe = inRecipe
    continued = body.endsWith('\\')
    return masked + line.slice(body.length)
  })
}

function blank(text: string): string {
  return ' '.repeat(text.length)
}

/** `@` hides a command, `-` forgives it, `+` runs it always; `$$` is a dollar sign. */
function recipeLine(body: string, continued: boolean): string {
  const prefix = continued ? '' : /^[\t ]*[@+-]*/.exec(body)![0]
  return blank(prefix) + variables(body.slice(prefix.length)).replace(/\$\$/g, ' $')
}

/** `$(NAME)` and `${NAME}`; functions such as `$(shell …)` look like commands to the shell, whose output is not known. */
function variables(text: string): string {
  return text.replace(/(?<!\$)\$\((\w+)\)/g, (_all, name: string) => `\${${name}}`)
}

/** Also without the blanks at its end. */
function withoutComment(value: string): string {
  const comment = value.search(/ #/)
  return (comment === -1 ? value : value.slice(0, comment)).trimEnd()
}

function otherLine(body: string): string {
  if (/^\s*#/.test(body)) return body
  // What the shell is started with tells how it takes failures: kept as a comment.
  if (body.startsWith('.SHELLFLAGS')) return `#${body.slice(1)}`
  const assignment = /^ *(?:export +|override +)*(\w+) *(?:::?|\?)?= *(.*)$/.exec(body)
  if (assignment === null || /\\$/.test(body)) return blank(body)
  const name = assignment[1]!
  const value = variables(withoutComment(assignment[2]!))
  const written = /^[\w./:@%+,=${}-]*$/.test(value) ? `${name}=${value}` : `${name}="${value}"`
  // Quotes inside, or no room for quotes: nothing is known of it.
  return written.length > body.length || /["`\\$](?!\{)/.test(value)
    ? blank(body)
    : written.padEnd(body.length)
}

/** A rule of a Makefile: its target, what it needs first, and where its line begins. */
export interface MakeRule {
  target: string
  needs: string[]
  start: number
}

const mostRules = 500
/** Targets that one command is said to be made by, the nearest first. */
const mostTargets = 50

export function makeRules(text: string): MakeRule[] {
  const found: MakeRule[] = []
  for (const match of text.matchAll(/^([\w./%-]+(?: +[\w./%-]+)*) *::?(?![=:])([^\n#=;]*)/gm)) {
    const needs = match[2]!.split('|')[0]!.trim().split(/\s+/).filter(Boolean)
    for (const target of match[1]!.split(/ +/)) found.push({ target, needs, start: match.index })
    if (found.length >= mostRules) break
  }
  return found.filter(({ target }) => !target.startsWith('.'))
}

/** Where the lines of recipes begin: a shell of its own runs each of them. */
export function recipeLines(text: string): number[] {
  const found: number[] = []
  let offset = 0
  let continued = false
  for (const line of text.split('\n')) {
    if (!continued && line.startsWith('\t')) found.push(offset)
    continued = /\\\r?$/.test(line)
    offset += line.length + 1
  }
  return found
}

/** Which targets lead to which commands of a Makefile. */
class MakeTargets {
  private readonly neededBy = new Map<string, string[]>()
  /** Rules by the line that names them, in the order of the text. */
  private readonly lines: { start: number; targets: string[] }[] = []
  private readonly known = new Map<number, readonly string[]>()

  /** `rules` in the order of the text. */
  constructor(private readonly rules: readonly MakeRule[]) {
    for (const { target, needs, start } of rules) {
      const last = this.lines.at(-1)
      if (last?.start === start) last.targets.push(target)
      else this.lines.push({ start, targets: [target] })
      for (const need of needs) {
        const list = this.neededBy.get(need)
        if (list === undefined) this.neededBy.set(need, [target])
        else list.push(target)
      }
    }
  }

  at(offset: number): readonly string[] {
    let behind = 0
    for (let high = this.lines.length; behind < high; ) {
      const middle = (behind + high) >> 1
      if (this.lines[middle]!.start <= offset) behind = middle + 1
      else high = middle
    }
    const line = this.lines[behind - 1]
    if (line === undefined) return []
    const before = this.known.get(line.start)
    if (before !== undefined) return before
    const found = new Set(line.targets)
    // What is added while the set is walked over is visited as well.
    for (const one of found) {
      if (found.size >= mostTargets) break
      for (const target of this.neededBy.get(one) ?? []) found.add(target)
    }
    const targets = found.has(this.rules[0]!.target) ? [...found, ''] : [...found]
    this.known.set(line.start, targets)
    return targets
  }
}

const targetsOf = new WeakMap<readonly MakeRule[], MakeTargets>()

/** Targets that lead to the commands at this offset; '' is what `make` alone makes. */
export function targetsAt(rules: readonly MakeRule[], offset: number): readonly string[] {
  const targets = targetsOf.get(rules) ?? new MakeTargets(rules)
  targetsOf.set(rules, targets)
  return targets.at(offset)
}
