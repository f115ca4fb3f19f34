/** Programs and files that a shell script holds: `python - <<'EOF'`, `python -c "…"`, `cat > train.py <<EOF`. */
import type { Piece } from './fragment.js'
import { languageOf } from './language.js'
import type { Embedded } from './magics.js'
import { type Assignments, assignmentsIn, filledIn } from './shell-assignments.js'

/** Longer lines start no program that anyone reads. */
const longestLine = 500
/** Marks that are looked at. Each search for the end of a text goes through the rest of the script. */
const mostMarks = 100
/** Each of them costs a parse. */
const most = 20

export interface EmbeddedProgram {
  embedded: Embedded
  /** Where the word stands that names the interpreter; null: the text is only written to a file. */
  at: number | null
}

const mark = /^<<(-?)[ \t]{0,20}(["']?)([A-Za-z_]\w{0,50})\2/

/** In the order of the text. */
export function programsInShell(text: string): EmbeddedProgram[] {
  const found = [...heredocs(text), ...quotedPrograms(text)]
  return found.sort((a, b) => startOf(a) - startOf(b)).slice(0, most)
}

const startOf = ({ embedded }: EmbeddedProgram) => embedded.pieces[0]?.start ?? 0

/** What a program is called that stands in the command which starts it: by its text, wherever that is read. */
export function inlineName(source: string): string {
  let hash = 0x811c9dc5
  const text = source.replace(/\r/g, '').trim()
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return `<python ${(hash >>> 0).toString(16)}>`
}

function heredocs(text: string): EmbeddedProgram[] {
  const found: EmbeddedProgram[] = []
  let values: Assignments | undefined
  let from = 0
  for (let seen = 0; seen < mostMarks && found.length < most; seen++) {
    const opening = text.indexOf('<<', from)
    if (opening === -1) break
    from = opening + 2
    const [whole, , quote, name] = mark.exec(text.slice(opening, opening + 100)) ?? []
    const lineStart = text.lastIndexOf('\n', opening) + 1
    const lineEnd = text.indexOf('\n', opening)
    if (whole === undefined || lineEnd === -1 || lineEnd - lineStart > longestLine) continue
    const head = text.slice(lineStart, opening)
    const at = interpreterIn(head)
    const start = lineEnd + 1
    const holder = at === null ? heldIn(head) : null
    const target =
      holder !== null
        ? writtenLater(text, start, name!, holder)
        : at === null
          ? writtenBy(head, text.slice(opening + whole.length, lineEnd), text.slice(start, lineEnd + 400))
          : null
    const isJob =
      at === null && givesAway.test(head) && directive.test(text.slice(start, start + longestHeader))
    if (at === null && target === null && !isJob) continue
    const close = endOf(name!).exec(text.slice(start))
    if (close === null) continue
    const end = start + close.index
    from = end
    const body = text.slice(start, end)
    if (isJob) {
      if (quote === '') values ??= assignmentsIn(text)
      const pieces =
        quote === '' ? filledIn(body, start, values!).flatMap(unescaped) : [{ text: body, start, end }]
      found.push({ embedded: { language: 'shell', origin: 'heredoc', pieces }, at: null })
      continue
    }
    if (target !== null) {
      const language = languageOf(target, body.slice(0, 200))
      if (language !== 'python' && language !== 'yaml' && language !== 'json') continue
      if (language === 'python' && quote === '' && printsCode(body)) continue
      const source = language === 'python' && quote === '' ? withoutExpansions(body) : body
      const fills = language !== 'python' && quote === '' && body.includes('$')
      if (fills) values ??= assignmentsIn(text)
      const pieces = fills ? filledIn(body, start, values!) : [{ text: source, start, end }]
      found.push({ embedded: { language, origin: 'writefile', target, pieces }, at: null })
      continue
    }
    // What a command prints may be any code.
    if (quote === '' && printsCode(body)) continue
    const source = quote === '' ? withoutExpansions(body) : body
    found.push(program([{ text: source, start, end }], 'heredoc', lineStart + at!))
  }
  return found
}

/** A batch script: it goes to the scheduler, or into a file. */
const givesAway = /\b(sbatch|qsub|bsub|cat|tee)\b/
const directive = /^#(SBATCH|PBS|BSUB)[ \t]/m
const longestHeader = 2_000

/** `\$SLURM_JOB_ID` in a text of the shell: the backslash is not part of what is written. */
function unescaped(piece: Piece): Piece[] {
  const { text, start, end } = piece
  if (text.length !== end - start || !text.includes('\\')) return [piece]
  const pieces: Piece[] = []
  let from = 0
  for (const { index } of text.matchAll(/\\[$`\\]/g)) {
    if (index > from) pieces.push({ text: text.slice(from, index), start: start + from, end: start + index })
    pieces.push({ text: text[index + 1]!, start: start + index, end: start + index + 2 })
    from = index + 2
  }
  if (from < text.length) pieces.push({ text: text.slice(from), start: start + from, end })
  return pieces
}

function program(pieces: Piece[], origin: 'heredoc' | 'argument', at: number): EmbeddedProgram {
  const target = inlineName(pieces.map((one) => one.text).join(''))
  return { embedded: { language: 'python', origin, target, pieces }, at }
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

/** A file for Kubernetes, or for a job of Vertex AI. */
const manifest = /^(apiVersion|workerPoolSpecs):/m

const redirected = /(?:^|[^>&\d])>\s*(["']?)([^\s"'<>|;&]+)\1/

/** `cat > train.py <<EOF`, `cat <<EOF > train.py`, `tee train.py <<EOF`: the name, below the folder where that is a variable's. */
function writtenBy(head: string, rest: string, body: string): string | null {
  if (/^\s*#/.test(head)) return null
  if (/\b(kubectl|oc)\b.*\b(apply|create)\b.*-f\s*-/.test(`${head} ${rest}`)) return 'manifest.yaml'
  const tee = /(?:^|[|;&\s])tee\s+(["']?)([^\s"'<>|;&-][^\s"'<>|;&]*)\1/.exec(head)
  const found = tee ?? (/\bcat\b/.test(head) ? redirected.exec(`${head} ${rest}`) : null)
  const name = found?.[2]?.replace(/^.*[$}][^/]*\//, '')
  if (name === undefined || !name.includes('$')) return name ?? null
  // A name that a variable holds: the form tells what it is.
  return /\.ya?ml$/.test(name) || manifest.test(body) ? 'manifest.yaml' : null
}

/** `read -r -d '' SCRIPT <<EOF`, `SCRIPT=$(cat <<EOF`: the variable that holds the text. */
function heldIn(head: string): string | null {
  if (/^\s*#/.test(head)) return null
  return (
    /(?:^|[;&|\s])read\s(?:[^;&|]*\s)?([A-Za-z_]\w*)\s*$/.exec(head)?.[1] ??
    /(?:^|[;&|\s])([A-Za-z_]\w*)=["']?\$\(\s*cat\s*$/.exec(head)?.[1] ??
    null
  )
}

/** So far behind such a text the variable is written to a file: `printf "%s" "$SCRIPT" > "$folder/train.py"`. */
const soonAfter = 1_000

function writtenLater(text: string, start: number, name: string, holder: string): string | null {
  const close = endOf(name).exec(text.slice(start))
  if (close === null) return null
  const after = text.slice(start + close.index, start + close.index + soonAfter)
  const line = after
    .split('\n')
    .find((one) => new RegExp(`\\b(printf|echo)\\b.*\\$\\{?${holder}\\b`).test(one))
  const path = line === undefined ? undefined : redirected.exec(line)?.[2]
  const file = path?.replace(/^.*[$}][^/]*\//, '')
  return file === undefined || file.includes('$') ? null : file
}

const endOf = (name: string) => new RegExp(`^\\t*${name}[ \\t]*\\r?$`, 'm')

function printsCode(body: string): boolean {
  return /(^|[^\\])\$\(|(^|[^\\])`|\$\{\w+[^\w}]/.test(body)
}

/** The shell puts values in the places of its variables: names that nobody defines stand there instead. */
function withoutExpansions(body: string): string {
  return body.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (all, braced: string | undefined, plain: string | undefined) =>
      `_${braced ?? plain ?? ''}`.padEnd(all.length, '_'),
  )
}

const argument = /(^|[\s/;&|("'`])python[\d.]*(?:[ \t]+-[uOBEsI]+)*[ \t]+-c[ \t]+(?:\\\n[ \t]*)?(["'])/g

/** `python -c "…"` over several lines: a line or two only ask for something. */
function quotedPrograms(text: string): EmbeddedProgram[] {
  const found: EmbeddedProgram[] = []
  argument.lastIndex = 0
  for (let seen = 0; seen < mostMarks && found.length < most; seen++) {
    const match = argument.exec(text)
    if (match === null) break
    const lineStart = text.lastIndexOf('\n', match.index + match[1]!.length) + 1
    if (/^\s*#/.test(text.slice(lineStart, match.index + 1))) continue
    const start = argument.lastIndex
    const pieces = match[2] === '"' ? doubleQuoted(text, start) : singleQuoted(text, start)
    const last = pieces?.at(-1)
    if (pieces === null || last === undefined) continue
    argument.lastIndex = last.end
    const lines = text.slice(start, last.end).split('\n')
    if (lines.filter((line) => line.trim() !== '').length < 3) continue
    const at = match.index + match[1]!.length
    found.push(program(pieces, 'argument', at))
  }
  return found
}

function singleQuoted(text: string, start: number): Piece[] | null {
  const end = text.indexOf("'", start)
  return end === -1 ? null : [{ text: text.slice(start, end), start, end }]
}

/** Pieces around what a backslash quotes; null: the shell would run commands in it. */
function doubleQuoted(text: string, start: number): Piece[] | null {
  const pieces: Piece[] = []
  let from = start
  const plain = (to: number) => {
    if (to > from) pieces.push({ text: withoutExpansions(text.slice(from, to)), start: from, end: to })
  }
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    if (char === '"') {
      plain(at)
      return pieces
    }
    if (char === '`' || (char === '$' && /^\$(\(|\{\w+[^\w}])/.test(text.slice(at, at + 60)))) return null
    if (char !== '\\' || !/["\\$`\n]/.test(text[at + 1] ?? '')) continue
    plain(at)
    const quoted = text[at + 1]!
    pieces.push({ text: quoted === '\n' ? '' : quoted, start: at, end: at + 2 })
    from = at + 2
    at++
  }
  return null
}
