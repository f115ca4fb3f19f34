/** What keeps rules silent on other people's code: how often which guard, and which settings were not known and why. */
import type { Explanation } from '../../server/src/linter.js'
import { nothingSaid } from '../../server/src/rules/silence.js'

export interface Silenced {
  rule: string
  /** With numbers and names left out, so that like reasons count together. */
  reason: string
  count: number
}

export interface NotKnown {
  setting: string
  because: string
  /** Rules, times subjects, that it silenced. */
  count: number
  rules: string[]
}

export interface Silences {
  /** Rules, times subjects, that reported. */
  reported: number
  silenced: Silenced[]
  unknown: NotKnown[]
  /** What is not in the project, by what it could bring. */
  unseen: { what: string; count: number; rules: string[] }[]
}

/** Names and numbers say nothing of a guard. */
function withoutNames(text: string): string {
  return text
    .replace(/`[^`]*`/g, '`…`')
    .replace(/"[^"]*"/g, '"…"')
    .replace(/[\w./-]+\.(py|ipynb|sh|ya?ml|json|toml)\b/g, '….$1')
    .replace(/\b\d[\d.,]*\b/g, 'N')
    .replace(/(the module|the value of) \S+/, '$1 …')
}

export function countSilences(explanations: readonly Explanation[]): Silences {
  const silenced = new Map<string, Silenced>()
  const unknown = new Map<string, { setting: string; because: string; count: number; rules: Set<string> }>()
  const unseen = new Map<string, { what: string; count: number; rules: Set<string> }>()
  let reported = 0
  for (const { rule, verdict, reasons } of explanations.flatMap(({ subjects }) =>
    subjects.flatMap(({ rules }) => rules),
  )) {
    if (verdict === 'reported') reported++
    for (const one of reasons) {
      if (one.besideThePoint === true) continue
      const reason =
        one.unknown === undefined
          ? withoutNames(one.text)
          : `\`${one.unknown.setting}\` is not known: ${withoutNames(one.unknown.because)}`
      const own = silenced.get(`${rule}\0${reason}`) ?? { rule, reason, count: 0 }
      silenced.set(`${rule}\0${reason}`, own)
      own.count++
      if (one.unknown !== undefined) {
        const { setting } = one.unknown
        const because = withoutNames(one.unknown.because)
        const key = `${setting}\0${because}`
        const found = unknown.get(key) ?? { setting, because, count: 0, rules: new Set() }
        unknown.set(key, found)
        found.count++
        found.rules.add(rule)
      }
      if (one.unseen !== undefined) {
        const what = withoutNames(one.text)
        const found = unseen.get(what) ?? { what, count: 0, rules: new Set() }
        unseen.set(what, found)
        found.count++
        found.rules.add(rule)
      }
    }
  }
  const most = (a: { count: number }, b: { count: number }) => b.count - a.count
  const listed = <T extends { rules: Set<string> }>(one: T) => ({ ...one, rules: [...one.rules].sort() })
  return {
    reported,
    silenced: [...silenced.values()].sort(most),
    unknown: [...unknown.values()].map(listed).sort(most),
    unseen: [...unseen.values()].map(listed).sort(most),
  }
}

/** Markdown; at most `limit` lines of each table. */
export function silenceTables({ reported, silenced, unknown, unseen }: Silences, limit: number): string[] {
  const all = silenced.reduce((sum, { count }) => sum + count, 0)
  const cell = (text: string) => text.replace(/\|/g, '\\|')
  const table = (heading: string, last: string, lines: string[]) => [
    '',
    `| times | ${heading} | ${last} |`,
    '|---|---|---|',
    ...lines.slice(0, limit),
    ...(lines.length > limit ? [`| | … and ${lines.length - limit} more | |`] : []),
  ]
  const rulesOf = (names: string[]) =>
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  const settings = (list: readonly NotKnown[]) =>
    list.map((one) => `| ${one.count} | \`${one.setting}\`: ${cell(one.because)} | ${rulesOf(one.rules)} |`)
  const given = unknown.filter(({ because }) => because !== nothingSaid)
  const missing = unknown.filter(({ because }) => because === nothingSaid)
  const guards = silenced.filter(({ reason }) => !reason.includes('is not known: '))
  return [
    `${reported} times a rule reported something, ${all} times one was silent (a rule on one subject each).`,
    ...table('setting that cannot be read', 'rules that it silenced', settings(given)),
    ...table(
      'not seen',
      'rules that it silenced',
      unseen.map((one) => `| ${one.count} | ${cell(one.what)} | ${rulesOf(one.rules)} |`),
    ),
    ...table(
      'rule',
      'silent because',
      guards.map((one) => `| ${one.count} | ${one.rule} | ${cell(one.reason)} |`),
    ),
    ...table('setting that nothing is said of', 'rules that it silenced', settings(missing)),
  ]
}
