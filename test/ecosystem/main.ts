/** Lints checked-out repositories, compares with the stored summary, tries the fixes. See README.md. */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Finding } from '../../server/src/finding.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import type { Explanation } from '../../server/src/linter.js'
import { openProject } from '../../server/src/project/workspace.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { ConfigurationReader } from './configuration-check.js'
import { type CheckedFix, checkFixes, type Fault } from './fix-check.js'
import { PythonProcess } from './python-process.js'
import { rereadTable } from './reread-table.js'
import { countSilences, silenceTables } from './silences.js'
import { compare, type Summary, severities, summarise } from './summary.js'

const usage =
  'usage: npm run ecosystem -- FOLDER… [--update] [--fixes] [--path PATTERN] [--select RULE,…] [--summary FILE] | FOLDER… --silences [--summary FILE]'

const storedSummary = fileURLToPath(new URL('../../test/ecosystem/summary.json', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    update: { type: 'boolean', default: false },
    fixes: { type: 'boolean', default: false },
    select: { type: 'string' },
    path: { type: 'string' },
    silences: { type: 'boolean', default: false },
    summary: { type: 'string', default: storedSummary },
  },
})
if (positionals.length === 0) {
  console.error(usage)
  process.exit(2)
}

function stored(file: string): Summary {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Summary
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Line of a location as a person counts it: `path:12`, in a notebook `path:cell 3:12`. */
async function place(root: string, { location }: Finding): Promise<string> {
  const file = sourceFile(location.path, (await readFile(join(root, location.path))).toString('utf8'))
  const text = file.parts.find((part) => part.cell === location.cell)?.text ?? ''
  const line = text.slice(0, location.start).split('\n').length
  return location.cell === null
    ? `${location.path}:${line}`
    : `${location.path}:cell ${location.cell + 1}:${line}`
}

if (values.silences) {
  const explanations: Explanation[] = []
  for (const folder of positionals) {
    const project = await openProject(realpathSync(folder), createNodeHost())
    explanations.push(await project.why({ path: '' }))
    await project.dispose()
  }
  const counted = countSilences(explanations)
  for (const line of silenceTables(counted, 60)) console.log(line)
  if (values.summary !== storedSummary) writeFileSync(values.summary, `${JSON.stringify(counted, null, 1)}\n`)
  process.exit()
}

const summary = stored(values.summary)
const onPath = new RegExp(values.path ?? '')
const selected = values.select?.split(',')
const fixes: CheckedFix[] = []
const refused = new Map<string, number>()
let changed = false
const python = values.fixes ? new PythonProcess() : null
const readers = python === null ? null : { python, configuration: await ConfigurationReader.create(python) }
for (const folder of positionals) {
  const root = realpathSync(folder)
  const name = basename(root)
  const project = await openProject(
    root,
    createNodeHost(),
    selected === undefined ? {} : { choice: { select: selected } },
  )
  const { findings, faults, filesLinted } = await project.lint()
  const counts = severities.map((each) => `${findings.filter((one) => one.severity === each).length} ${each}`)
  console.log(`\n## ${name}: ${filesLinted} files parsed; ${counts.join(', ')}`)
  for (const { path, message } of faults) console.log(`! ${path}: ${message}`)
  if (faults.length > 0) changed = true
  const { appeared, disappeared } = compare(summary[name] ?? {}, findings)
  for (const { finding, was } of appeared) {
    const severity = was === null ? finding.severity : `${was} → ${finding.severity}`
    console.log(
      `+ ${await place(root, finding)} ${severity} ${finding.rule} (${finding.reader}) ${finding.message}`,
    )
  }
  for (const { rule, severity, fingerprint } of disappeared) {
    if (selected === undefined || selected.includes(rule)) console.log(`- ${severity} ${rule} ${fingerprint}`)
  }
  if (appeared.length + disappeared.length > 0) changed = true
  summary[name] = summarise(findings)
  if (readers !== null) {
    const run = await checkFixes(
      project,
      findings,
      onPath,
      (path) => readFile(join(root, path)),
      readers,
      (done) => process.stderr.isTTY && process.stderr.write(`\r${done}/${findings.length} `),
    )
    for (const [reason, count] of run.refused) refused.set(reason, (refused.get(reason) ?? 0) + count)
    for (const each of run.checked) {
      fixes.push(each)
      if (each.faults.length === 0 && each.remarks.length === 0) continue
      const verdict = each.faults.length > 0 ? `✗ ${each.faults.join(', ')}` : '·'
      console.log(`${verdict} ${await place(root, each.finding)} ${each.finding.rule} “${each.title}”`)
      for (const remark of each.remarks) console.log(`    ${remark}`)
    }
  }
  await project.dispose()
}
python?.dispose()
if (values.update && selected === undefined) {
  const sorted = Object.fromEntries(Object.entries(summary).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(values.summary, `${JSON.stringify(sorted, null, 1)}\n`)
}
if (values.fixes) {
  const faults: Fault[] = [
    'does not compile',
    'changed other data',
    'lost a comment or an anchor',
    'finding stays',
    'not clean on a second run',
    'changed more than its lines',
    'cannot be written',
  ]
  const rows = [...new Set(fixes.map((each) => each.finding.rule))].sort()
  console.log(`\n| rule | fixes applied | sound | ${faults.join(' | ')} |`)
  console.log(`|---|---|---|${faults.map(() => '---|').join('')}`)
  for (const rule of [...rows, null]) {
    const own = rule === null ? fixes : fixes.filter((each) => each.finding.rule === rule)
    const cells = faults.map((fault) => own.filter((each) => each.faults.includes(fault)).length)
    const sound = own.filter((each) => each.faults.length === 0).length
    console.log(`| ${rule ?? 'all'} | ${own.length} | ${sound} | ${cells.join(' | ')} |`)
  }
  for (const line of ['', ...rereadTable(fixes)]) console.log(line)
  if (refused.size > 0) console.log('\nNot offered, and the reason that is given:')
  for (const [reason, count] of [...refused].sort((a, b) => b[1] - a[1])) console.log(`${count} × ${reason}`)
  if (fixes.some((each) => each.faults.length > 0)) process.exitCode = 1
}
if (changed && !values.update) process.exitCode = 1
