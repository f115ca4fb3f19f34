/** What a script assigns to a variable, in whichever branch. */

const longest = 200_000
const mostTexts = 40
const deepest = 3

export interface AssignedTexts {
  /** As written, without quotes around the whole. */
  texts: string[]
  /** It may hold something else: an argument of the script, what comes from outside. */
  open: boolean
}

/** Of the script that was asked about last: its commands name the same variables again and again. */
let known: { script: string; texts: Map<string, AssignedTexts> } = { script: '', texts: new Map() }

/** What stands behind `NAME=` and `NAME+=`; nothing where the script assigns none. */
export function assignedTexts(script: string, name: string): AssignedTexts {
  if (known.script !== script) known = { script, texts: new Map() }
  let found = known.texts.get(name)
  if (found === undefined) {
    found = readAssigned(script, name)
    known.texts.set(name, found)
  }
  return found
}

function readAssigned(script: string, name: string): AssignedTexts {
  const none = { texts: [], open: true }
  if (script.length > longest || !/^[A-Za-z_]\w*$/.test(name)) return none
  const assignment = new RegExp(
    String.raw`(?:^|[\s;&|({])${name}\+?=(\([^()]*\)|"(?:[^"\\]|\\[\s\S])*"|'[^']*'|[^\s;&|)"']*)`,
    'g',
  )
  const texts: string[] = []
  let open = new RegExp(String.raw`\b(read|for)\b[^\n;]*\b${name}\b`).test(script)
  for (const [, value] of script.matchAll(assignment)) {
    if (texts.length >= mostTexts) return none
    const plain = value!.replace(/^\(([\s\S]*)\)$/, '$1').replace(/^(["'])([\s\S]*)\1$/, '$2')
    // `NAME=${NAME:-value}`, `NAME=${1:-value}`
    const fallback = /^\$\{\w+:?-([^{}$]*)\}$/.exec(plain)
    if (fallback !== null) open = true
    texts.push(fallback?.[1] ?? plain)
  }
  return texts.length === 0 ? none : { texts, open }
}

/** The variable that a word is, or ends in: `"$SIZE"`, `--size=${SIZE}`, `"${ARGS[@]}"`; null: it is written otherwise. */
export function variableIn(raw: string): string | null {
  const found = /^(?:--[\w-]+=)?["']?\$\{?([A-Za-z_]\w*)(?:\[[@*]\])?\}?["']?$/.exec(raw)
  return found?.[1] ?? null
}

/**
 * All that words of variables may bring to a command, as text; null: some of it comes from outside. Variables behind options
 * (`--key-name $KEY`) only bring values.
 */
export function textsOfVariables(script: string, words: readonly string[], depth = 0): string | null {
  let all = ''
  for (const raw of words) {
    const name = variableIn(raw)
    if (name === null || depth > deepest) return null
    const { texts, open } = assignedTexts(script, name)
    if (open) return null
    for (const text of texts) {
      const nested = text
        .split(/\s+/)
        .filter((word, index, list) => word.startsWith('$') && !isOption(list[index - 1]))
        .filter((word) => variableIn(word) !== name)
      const inside = nested.length === 0 ? '' : textsOfVariables(script, nested, depth + 1)
      if (inside === null) return null
      all += ` ${text} ${inside}`
    }
  }
  return all
}

const isOption = (word: string | undefined): boolean => /^--?[a-z][\w-]*$/.test(word ?? '')
