/** Where a line may be put into YAML that a template (Helm, Jinja) makes, so that it stands there whatever the template does. */
import { lineEnd, lineStart, nextLine } from './fragment-edit.js'

const opens = /^\{\{-?\s*(?:if|with|range|define|block)\b|^\{%[-+]?\s*(?:if|for|with|macro|call|filter|raw)\b/
const closes = /^\{\{-?\s*end\b|^\{%[-+]?\s*end/
const branches = /^\{\{-?\s*else\b|^\{%[-+]?\s*(?:else|elif)\b/
const expression = /\{\{.*?\}\}|\{%.*?%\}/gs
const silent = /^(?:\{\{-?\s*(?:\/\*|\$\w+\s*:?=)|\{#)/

/** False where the place belongs to a condition or a loop that does not hold `from` as well. */
function onOneLevel(text: string, from: number, to: number): boolean {
  let depth = 0
  for (const [all] of text.slice(from, to).matchAll(expression)) {
    if (opens.test(all)) depth++
    else if (closes.test(all) && --depth < 0) return false
    else if (branches.test(all) && depth === 0) return false
  }
  return depth === 0
}

function isTemplateLine(text: string, at: number): boolean {
  return /^\s*(?:\{\{.*\}\}|\{%.*%\}|\{#.*#\})\s*$/.test(text.slice(lineStart(text, at), lineEnd(text, at)))
}

/** A template writes something in the line at `at`: what stands before it may be a part of that. */
function emitsAt(text: string, at: number): boolean {
  const line = text.slice(lineStart(text, at), lineEnd(text, at)).trim()
  return /^\{[{%]/.test(line) && ![opens, closes, branches, silent].some((one) => one.test(line))
}

/** Behind the line that a map belongs to, whose first key stands at `first`: template lines between them belong to it. */
function ownerOf(text: string, first: number): number {
  let at = lineStart(text, first)
  while (at > 0) {
    const before = lineStart(text, at - 1)
    const line = text.slice(before, lineEnd(text, before)).trim()
    if (line !== '' && !line.startsWith('#') && !isTemplateLine(text, before)) break
    at = before
  }
  return at
}

/** The first of the places, each the end of a line in a map whose first key stands at `first`. */
export function steadyPlace(text: string, first: number, places: readonly number[]): number | undefined {
  const owner = ownerOf(text, first)
  return places.find((place) => {
    const next = nextLine(text, place)
    return (
      !/[-~][}%]\}\s*$/.test(text.slice(lineStart(text, place), place)) &&
      !(next < text.length && emitsAt(text, next)) &&
      onOneLevel(text, owner, place)
    )
  })
}
