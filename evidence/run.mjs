// Applies the fix of each case with the real command line, runs the script before and after, and writes the table of README.md.
// `npm run evidence -- [case…]`; needs Debian's python3-sklearn, python3-torch, python3-torchvision, python3-optuna and python3-xgboost.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const python = process.env.PYTHON ?? '/usr/bin/python3'
/** Runs of each script; the median counts. */
const repetitions = Number(process.env.REPETITIONS ?? 3)

/** One thread: what is measured is work, not how well it is spread. */
const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' }

function run(folder) {
  const output = execFileSync(python, [join(here, 'measure.py'), 'train.py'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(output.trim().split('\n').at(-1))
}

function measured(folder) {
  const runs = Array.from({ length: repetitions }, () => run(folder))
  const median = (key) => runs.map((one) => one[key]).sort((a, b) => a - b)[runs.length >> 1]
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(key)]))
}

function fix(folder, rule) {
  const cli = join(here, '..', 'dist', 'cli.js')
  const args = [cli, 'check', 'train.py', '--select', rule, '--fix', '--unsafe-fixes', '--no-cache']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0 && status !== 1) throw new Error(stdout + stderr)
}

const cases = JSON.parse(readFileSync(join(here, 'cases.json'), 'utf8'))
const asked = process.argv.slice(2)
const results = asked.length === 0 ? [] : JSON.parse(readFileSync(join(here, 'results.json'), 'utf8')).results
let failed = 0
for (const { name, rule, better, tolerance } of cases) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const folder = mkdtempSync(join(tmpdir(), 'costlint-evidence-'))
  try {
    cpSync(join(here, 'cases', name), folder, { recursive: true })
    const before = measured(folder)
    const text = readFileSync(join(folder, 'train.py'), 'utf8')
    fix(folder, rule)
    if (readFileSync(join(folder, 'train.py'), 'utf8') === text) throw new Error(`${rule} changed nothing`)
    const after = measured(folder)
    const gain = (after.metric - before.metric) * (better === 'lower' ? -1 : 1)
    const isHeld = gain >= -tolerance
    if (!isHeld) failed++
    console.log(
      `${isHeld ? 'held  ' : 'FAILED'} ${name}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
    )
    const found = results.findIndex((one) => one.name === name)
    results.splice(found < 0 ? results.length : found, found < 0 ? 0 : 1, {
      name,
      rule,
      better,
      tolerance,
      before,
      after,
    })
  } catch (error) {
    failed++
    console.log(`FAILED ${name}: ${error.message}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const versions = execFileSync(
  python,
  [
    '-c',
    'import sklearn, torch, torchvision, optuna, xgboost, platform\nprint("Python", platform.python_version(), *(f"· {m.__name__} {m.__version__}" for m in (sklearn, torch, torchvision, optuna, xgboost)))',
  ],
  { encoding: 'utf8' },
).trim()
const date = new Date().toISOString().slice(0, 10)
writeFileSync(join(here, 'results.json'), `${JSON.stringify({ date, versions, results }, null, 2)}\n`)

const number = (value, digits) =>
  value === undefined ? '' : Number(value.toPrecision(digits)).toLocaleString('en-US')
const pair = (before, after, digits) =>
  before === after ? number(before, digits) : `${number(before, digits)} → ${number(after, digits)}`
const work = ({ before, after }) =>
  [
    ['fits', before.fits, after.fits],
    ['rounds', before.rounds, after.rounds],
    ['steps', before.steps, after.steps],
  ]
    .filter(([, a, b]) => a > 0 || b > 0)
    .map(([key, a, b]) => `${pair(a, b, 6)} ${key}`)
    .join(', ')
const rows = results.map((one) => {
  const { name, rule, better, before, after } = one
  return `| [${name}](cases/${name}/train.py) | [\`${rule}\`](../docs/rules/${rule}.md) | ${pair(before.metric, after.metric, 3)} (${better}) | ${work(one)} | ${pair(before.seconds, after.seconds, 2)} | ${pair(before.processor, after.processor, 2)} | ${pair(before.memory, after.memory, 3)} |`
})
const page = readFileSync(join(here, 'README.md'), 'utf8')
const marks = ['<!-- results -->', '<!-- end of results -->']
const [head, rest] = page.split(marks[0])
const table = [
  `${date}, ${versions}, one thread, ${repetitions === 1 ? 'one run of each' : `medians of ${repetitions} runs`}, measured by us.`,
  '',
  '| script | rule | metric (better) | work | seconds | processor seconds | peak memory (MiB) |',
  '|---|---|---|---|---|---|---|',
  ...rows,
].join('\n')
writeFileSync(join(here, 'README.md'), `${head}${marks[0]}\n${table}\n${marks[1]}${rest.split(marks[1])[1]}`)
process.exitCode = failed > 0 ? 1 : 0
