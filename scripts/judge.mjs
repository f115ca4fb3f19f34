/**
 * Shows findings with their code, takes a verdict on each, and keeps it in evidence/judgements.tsv:
 * `npm run judge -- FOLDER --draw NAME [--repository OWNER/NAME]`. `npm run judge -- --tables` writes what the file says into
 * docs/precision.md. A finding that the file has already is not asked for again.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../', import.meta.url))
const columns = ['draw', 'repository', 'file', 'rule', 'level', 'verdict']
const verdicts = { w: 'wanted', d: 'debatable', f: 'false' }
/** Between which two lines of the page a table stands. */
const marks = (name) => [`<!-- ${name} -->`, `<!-- end of ${name} -->`]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    draw: { type: 'string' },
    repository: { type: 'string' },
    judgements: { type: 'string', default: join(root, 'evidence/judgements.tsv') },
    page: { type: 'string', default: join(root, 'docs/precision.md') },
    tables: { type: 'boolean', default: false },
  },
})

/** @returns one object for each line, by the names in `columns` */
function judgements() {
  if (!existsSync(values.judgements)) return []
  const [, ...lines] = readFileSync(values.judgements, 'utf8').trim().split('\n')
  return lines.map((line) => Object.fromEntries(line.split('\t').map((cell, i) => [columns[i], cell])))
}

function writeTables() {
  const byRule = new Map()
  for (const { rule: named, verdict } of judgements()) {
    // What no rule judges has only a few words.
    const rule = existsSync(join(root, `docs/rules/${named}.md`)) ? named : 'no rule'
    const counts = byRule.get(rule) ?? { wanted: 0, debatable: 0, false: 0, missed: 0 }
    if (!(verdict in counts)) throw new Error(`${rule}: no verdict is called ${verdict}`)
    counts[verdict]++
    byRule.set(rule, counts)
  }
  const share = (part, whole) => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`)
  const rows = [...byRule]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, { wanted, debatable, false: wrong, missed }]) => {
      const name = rule === 'no rule' ? rule : `[\`${rule}\`](rules/${rule}.md)`
      const shown = wanted + debatable + wrong
      return `| ${name} | ${wanted} | ${debatable} | ${wrong} | ${share(wanted + debatable, shown)} | ${missed} | ${share(wanted, wanted + missed)} |`
    })
  const table = [
    '| rule | wanted | debatable | false | not false | missed | wanted ones that were seen |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
  const page = readFileSync(values.page, 'utf8')
  const filled = between(between(page, 'judged rule by rule', table), 'missed', misses())
  writeFileSync(values.page, filled)
}

/** A page with the text between two lines. */
function between(page, name, text) {
  const [first, last] = marks(name)
  const start = page.indexOf(first)
  const end = page.indexOf(last)
  if (start < 0 || end < start) throw new Error(`${values.page} has no place for "${name}"`)
  return `${page.slice(0, start + first.length)}\n\n${text}\n\n${page.slice(end)}`
}

/** What should have been told and was not, by rule, with the place. */
function misses() {
  const byRule = new Map()
  for (const { repository, file, rule, verdict } of judgements()) {
    if (verdict !== 'missed') continue
    const places = byRule.get(rule) ?? []
    places.push(`${repository} ${file}`)
    byRule.set(rule, places)
  }
  return [...byRule]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, places]) => `- ${rule}: ${places.sort().join('; ')}`)
    .join('\n')
}

function findingsIn(folder) {
  const args = [join(root, 'dist/cli.js'), 'check', '.', '--output-format', 'jsonl', '--fail-on', 'never']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (status !== 0) throw new Error(stderr || stdout)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ kind, severity }) => kind === 'finding' && severity !== 'hint')
}

/** The line of a finding with four lines around it; nothing for a cell of a notebook. */
function codeOf(folder, { path, cell, range }) {
  if (cell !== null) return `  cell ${cell + 1}, line ${range.start.line}`
  const lines = readFileSync(join(folder, path), 'utf8').split('\n')
  const first = Math.max(0, range.start.line - 5)
  return lines
    .slice(first, range.start.line + 4)
    .map(
      (line, i) =>
        `${first + i + 1 === range.start.line ? '>' : ' '} ${String(first + i + 1).padStart(5)} | ${line}`,
    )
    .join('\n')
}

async function judge(folder) {
  if (values.draw === undefined) throw new Error('--draw says which draw the repository belongs to')
  const repository = values.repository ?? basename(folder).replace('+', '/')
  const key = ({ repository, file, rule }) => `${repository}\t${file}\t${rule}`
  const known = new Set(judgements().map(key))
  if (!existsSync(values.judgements)) writeFileSync(values.judgements, `${columns.join('\t')}\n`)
  const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  for (const finding of findingsIn(folder)) {
    const place = finding.cell === null ? finding.path : `${finding.path}:cell ${finding.cell + 1}`
    const file = `${place}:${finding.range.start.line}`
    const { rule, severity, message } = finding
    if (known.has(key({ repository, file, rule }))) continue
    console.log(`\n${file}  ${severity}  ${rule}\n${message}\n\n${codeOf(folder, finding)}`)
    for (;;) {
      console.log('wanted (w), debatable (d), false (f), skip (s), quit (q)?')
      const { value, done } = await answers.next()
      const answer = (value ?? '').trim()
      if (done || answer === 'q') return
      if (answer === 's') break
      if (!Object.hasOwn(verdicts, answer)) continue
      appendFileSync(
        values.judgements,
        `${[values.draw, repository, file, rule, severity, verdicts[answer]].join('\t')}\n`,
      )
      break
    }
  }
}

try {
  if (values.tables) writeTables()
  else if (positionals.length === 1) await judge(resolve(positionals[0]))
  else
    throw new Error(
      'usage: npm run judge -- FOLDER --draw NAME [--repository OWNER/NAME], or npm run judge -- --tables',
    )
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
}
process.stdin.destroy()
