/** `parallel python train.py --lr {1} --wd {2} ::: 0.1 0.01 ::: 0 1e-4`: nested loops over its lists. Source: GNU Parallel, manual. */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'

/** Options that take the next word. */
const valued =
  /^(-[jPSaILnNdEx]|--(jobs|max-procs|sshlogin|arg-file|joblog|results|colsep|delay|timeout|retries|tmpdir|workdir|wd|header|load|memfree|halt|env|tagstring))$/
/** Lists that go side by side, or come from files. */
const otherwise = /^(:::\+|::::\+?|--link|--xapply|-X|-m|--pipe)$/

/** The command that it starts, in a loop over each of its lists (`$list1` for `{1}`); null: it is none, or not such a one. */
export function parallelLoops(command: ShellCommand): ShellCommand | null {
  const { words } = command
  if (words[0]?.text !== 'parallel' || words.some(({ raw }) => otherwise.test(raw))) return null
  const first = words.findIndex(({ raw }) => raw === ':::')
  const begin = words.findIndex(
    ({ raw }, index) =>
      index > 0 && !raw.startsWith('-') && !(valued.test(words[index - 1]!.raw) && index > 1),
  )
  if (first < 0 || begin < 0 || begin >= first) return null
  const lists: ShellWord[][] = []
  for (const word of words.slice(first)) {
    if (word.raw === ':::') lists.push([])
    else lists.at(-1)!.push(word)
  }
  const started = words.slice(begin, first).flatMap(pieces)
  const names = lists.map((_, index) => nameOf(started, index + 1, lists.length))
  const loops = lists.map((list, index): ShellCommand['loops'][number] => {
    const texts = list.map(({ text }) => text ?? '')
    const numbers = texts.every((text) => text !== '' && !Number.isNaN(Number(text)))
    const fractions = numbers && texts.some((text) => /[.e]/.test(text))
    return {
      variable: names[index]!,
      count: list.some(({ splits }) => splits === true) ? null : list.length,
      ...(numbers ? { numbers } : {}),
      ...(fractions ? { fractions } : {}),
    }
  })
  const own = started.map((word) => ({ ...word, raw: spelled(word.raw, names) }))
  return { ...command, words: own, loops: [...command.loops, ...loops] }
}

/** A command in quotes is one word here. */
function pieces(word: ShellWord, _index: number, all: readonly ShellWord[]): ShellWord[] {
  const text = word.text ?? word.raw.replace(/^(["'])([\s\S]*)\1$/, '$2')
  if (all.length > 1 || !/\s/.test(text)) return [word]
  return text.split(/\s+/).map((raw) => ({ ...word, text: raw.includes('$') ? null : raw, raw }))
}

/** The option that a list is handed to: `--lr {1}`, `lr={1}`. */
function nameOf(words: readonly ShellWord[], number: number, lists: number): string {
  const place = lists === 1 ? /\{1?\}/ : new RegExp(`\\{${number}\\}`)
  const at = words.findIndex(({ raw }) => place.test(raw))
  const option = words[at]?.raw.includes('=') ? words[at]?.raw : words[at - 1]?.raw
  const name = /^-{0,2}(?:[\w-]+\.)*([\w-]+)(=|$)/.exec(option ?? '')?.[1]?.replaceAll('-', '_')
  return name === undefined || /^\d/.test(name) ? `list${number}` : name
}

/** With variables in the place of numbers; `{}` is the value of the only list. */
function spelled(raw: string, names: readonly string[]): string {
  const numbered = raw.replace(/\{(\d)\}/g, (whole, digit) => {
    const name = names[Number(digit) - 1]
    return name === undefined ? whole : `\${${name}}`
  })
  return names.length === 1 ? numbered.replaceAll('{}', `\${${names[0]}}`) : numbered
}
