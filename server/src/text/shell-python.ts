/** Python that a shell script feeds to the interpreter: `python - <<'EOF'`. */
import type { Embedded } from './magics.js'

/** Longer lines start no program that anyone reads. */
const longestLine = 500
/** Marks that are looked at. Each search for the end of a text goes through the rest of the script. */
const mostMarks = 100
/** Each of them costs a parse. */
const most = 20

export interface FedPython {
  embedded: Embedded
  /** Where the word stands that names the interpreter. */
  at: number
}

const mark = /^<<-?[ \t]{0,20}(["']?)([A-Za-z_]\w{0,50})\1/

/** In the order of the text. */
export function pythonInShell(text: string): FedPython[] {
  const found: FedPython[] = []
  let from = 0
  for (let seen = 0; seen < mostMarks && found.length < most; seen++) {
    const opening = text.indexOf('<<', from)
    if (opening === -1) break
    from = opening + 2
    const [whole, quote, name] = mark.exec(text.slice(opening, opening + 100)) ?? []
    const lineStart = text.lastIndexOf('\n', opening) + 1
    const lineEnd = text.indexOf('\n', opening)
    if (whole === undefined || lineEnd === -1 || lineEnd - lineStart > longestLine) continue
    const at = interpreterIn(text.slice(lineStart, opening))
    if (at === null) continue
    const start = lineEnd + 1
    const close = new RegExp(`^\\t*${name}[ \\t]*\\r?$`, 'm').exec(text.slice(start))
    if (close === null) continue
    const end = start + close.index
    from = end
    const body = text.slice(start, end)
    const expands = quote === ''
    // What a command prints may be any code.
    if (expands && /\$\(|`|\$\{\w+[^\w}]/.test(body)) continue
    const source = expands ? withoutExpansions(body) : body
    found.push({
      embedded: { language: 'python', origin: 'heredoc', pieces: [{ text: source, start, end }] },
      at: lineStart + at,
    })
  }
  return found
}

/** Where the interpreter stands that reads its program from what follows; null: the line starts something else. */
function interpreterIn(head: string): number | null {
  const words = [...head.matchAll(/\S+/g)]
  const index = words.findIndex(({ 0: word }) => /(^|[/;&|("'])python[\d.]*$/.test(word))
  const interpreter = words[index]
  if (interpreter === undefined || words.slice(0, index).some(({ 0: word }) => word.startsWith('#')))
    return null
  const rest = words.slice(index + 1).map(([word]) => word)
  const program = rest.findIndex((word) => !/^-[uOBEsI]+$/.test(word))
  // `python train.py <<EOF`: the text is its input.
  if (program >= 0 && rest[program] !== '-') return null
  return rest.some((word) => /[;&|<>]/.test(word)) ? null : interpreter.index
}

/** The shell puts values in the places of its variables: names that nobody defines stand there instead. */
function withoutExpansions(body: string): string {
  return body.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (all, braced: string | undefined, plain: string | undefined) =>
      `_${braced ?? plain ?? ''}`.padEnd(all.length, '_'),
  )
}
