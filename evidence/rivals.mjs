/**
 * Other linters and CostLint on the same files: `node scripts/build.mjs && node evidence/rivals.mjs --tools DIR --cases DIR --repository DIR
 * [--site DIR] [--sonarlint DIR] [--only NAME]` writes evidence/rivals.json and the table in docs/comparison.md.
 *
 * --tools: clones of alloc, torch-preflight and traincheck, side by side (not part of this repository, and never installed).
 * --site: a folder with the Python packages that they need. --sonarlint: as in sonarlint.mjs. --only: what the others found stays as it
 * was. --cases: small projects, each with the `expected.json` of somebody who read it before any tool ran. --repository: any repository; what is found there is counted, not judged.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../', import.meta.url))
const { values } = parseArgs({
  options: {
    tools: { type: 'string' },
    cases: { type: 'string' },
    repository: { type: 'string' },
    site: { type: 'string', default: '' },
    sonarlint: { type: 'string' },
    only: { type: 'string' },
  },
})
const { tools, cases, repository, site, sonarlint, only } = values
if (!tools || !cases || !repository) {
  console.error('usage: node evidence/rivals.mjs --tools DIR --cases DIR --repository DIR [--site DIR]')
  process.exit(2)
}

/** Lines between what was expected and what was found. */
const slack = 2

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/(^|\/)\.git(\/|$)/.test(path) && statSync(join(folder, path)).isFile())
    .sort()
}

const scratch = mkdtempSync(join(tmpdir(), 'costlint-rivals-'))
/** Processor seconds of all programs so far. */
let spent = 0

function output(program, args, options) {
  const times = join(scratch, 'times')
  const timed = ['-f', '%U %S', '-o', times, program, ...args]
  const { stdout, error } = spawnSync('/usr/bin/time', timed, {
    encoding: 'utf8',
    maxBuffer: 1e9,
    ...options,
  })
  if (error) throw error
  const [user, system] = readFileSync(times, 'utf8').trim().split('\n').at(-1).split(' ').map(Number)
  spent += user + system
  return stdout
}

function python(folder, module, args) {
  const paths = [...site.split(':').filter(Boolean), join(tools, folder, 'src')]
  const env = { ...process.env, PYTHONPATH: paths.join(':'), PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '200' }
  const stdout = output('/usr/bin/python3', ['-c', module, ...args], { env })
  const start = stdout.indexOf('{')
  return { json: start < 0 ? null : JSON.parse(stdout.slice(start)) }
}

function revision(folder) {
  return spawnSync('git', ['-C', join(tools, folder), 'log', '-1', '--format=%h, %cs'], {
    encoding: 'utf8',
  }).stdout.trim()
}

const { Workspace } = createRequire(import.meta.url)('@astral-sh/ruff-wasm-nodejs')

const sonar = "SonarQube's Python rules"

/** Each takes a folder and gives its findings: path, line (null: of the whole file), rule, `weak`: information or less. */
const linters = [
  {
    name: 'CostLint',
    version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    run(folder) {
      const args = ['check', '.', '--no-cache', '--output-format', 'json', '--fail-on', 'never']
      const stdout = output(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: folder })
      return JSON.parse(stdout).findings.map(({ path, cell, range, rule, severity }) => ({
        ...{ path, cell, line: range.start.line, rule },
        weak: severity === 'information' || severity === 'hint',
      }))
    },
    finds: (rule, wanted) => wanted.includes(rule),
  },
  {
    name: 'alloc',
    version: revision('alloc'),
    run(folder) {
      return filesOf(folder)
        .filter((path) => path.endsWith('.py'))
        .flatMap((path) => {
          const args = ['diagnose', join(folder, path), '--json', '--no-config', '--no-artifact']
          const { json } = python('alloc', 'from alloc.cli import app; app()', args)
          return (json?.findings ?? []).map(({ rule_id: rule, line_number: line, severity }) => ({
            ...{ path, cell: null, line: line || null, rule },
            weak: severity === 'info',
          }))
        })
    },
    finds: (rule, wanted) => wanted.some((one) => equivalents.alloc[one]?.includes(rule)),
  },
  {
    name: 'torch-preflight',
    version: revision('torch-preflight'),
    run(folder) {
      const args = ['check', '-f', 'json', '-j', '1', folder]
      const { json } = python('torch-preflight', 'from torch_preflight.__main__ import main; main()', args)
      return json.diagnostics.map((one) => ({
        path: relative(folder, one.file ?? one.path),
        cell: null,
        line: one.line ?? one.range?.start?.line ?? null,
        rule: one.rule ?? one.code ?? one.rule_id,
        weak: one.severity === 'note',
      }))
    },
    finds: (rule, wanted) => wanted.some((one) => equivalents['torch-preflight'][one]?.includes(rule)),
  },
  {
    name: 'traincheck-lint',
    version: revision('traincheck'),
    run(folder) {
      return filesOf(folder)
        .filter((path) => /\.(slurm|sbatch|pbs|lsf|sh|ya?ml)$/.test(path))
        .flatMap((path) => {
          const { json } = python('traincheck', 'from traincheck.cli import app; app()', [
            ...['check', '--json', join(folder, path)],
          ])
          return (json?.violations ?? []).map(({ rule_id: rule }) => ({
            ...{ path, cell: null, line: null, rule, weak: false },
          }))
        })
    },
    finds: (rule, wanted) => wanted.some((one) => equivalents['traincheck-lint'][one]?.includes(rule)),
  },
  {
    name: 'ruff',
    version: Workspace.version(),
    run(folder) {
      const workspace = new Workspace(Workspace.defaultSettings(), 0)
      return filesOf(folder)
        .filter((path) => path.endsWith('.py'))
        .flatMap((path) =>
          workspace
            .check(readFileSync(join(folder, path), 'utf8'))
            .map(({ code, start_location: start }) => ({
              ...{ path, cell: null, line: start.row, rule: code, weak: false },
            })),
        )
    },
    finds: () => false,
  },
  {
    name: sonar,
    version: '4.19, 2024-06-07',
    run(folder) {
      const script = join(root, 'evidence/sonarlint.mjs')
      return JSON.parse(output(process.execPath, [script, sonarlint, folder])).findings.map(
        ({ path, line, rule, weak }) => ({ path, cell: null, line, rule, weak }),
      )
    },
    finds: (rule, wanted) => wanted.some((one) => equivalents[sonar][one]?.includes(rule)),
  },
]

/** Rules of others that speak of the same waste as ours. */
const equivalents = {
  alloc: {
    'precision/full-precision': ['MEM002', 'PREC001', 'PREC002'],
    'precision/fp16-on-bf16-hardware': ['PREC002'],
    'precision/tf32-off': ['UPG002'],
    'data/no-loader-workers': ['DL001', 'DL005'],
    'data/unpinned-memory': ['DL002'],
    'compute/unused-gpus': ['DIST002'],
    'training/no-compile': ['MEM005'],
  },
  'torch-preflight': {
    'compute/oversized-instance': ['TG010'],
    'compute/memory-exceeded': ['TG010'],
    'training/eval-with-gradients': ['TG002'],
    'training/sync-in-loop': ['TG007'],
    'training/retained-graph': ['TG001'],
    'data/no-loader-workers': ['TG004'],
  },
  [sonar]: { 'search/uncached-pipeline': ['python:S6969'] },
  'traincheck-lint': {
    'compute/oversized-instance': ['MEMORY-001'],
    'data/no-loader-workers': ['DATALOADER-001'],
  },
}

function measured(linter, folder) {
  const copy = join(scratch, basename(folder))
  cpSync(folder, copy, { recursive: true, filter: (path) => !/\/(\.git|expected\.json)$/.test(path) })
  const [before, own] = [spent, process.cpuUsage()]
  const findings = linter.run(copy)
  const { user, system } = process.cpuUsage(own)
  const seconds = spent - before + (linter.name === 'ruff' ? (user + system) / 1e6 : 0)
  rmSync(copy, { recursive: true })
  return { findings, seconds }
}

function hits(linter, { rules, path, cell, lines, or = [] }, finding) {
  return (
    [{ path, cell, lines }, ...or].some(
      (place) =>
        finding.path === place.path &&
        (finding.cell ?? null) === (place.cell ?? null) &&
        (finding.line === null || place.lines.some((line) => Math.abs(line - finding.line) <= slack)),
    ) && linter.finds(finding.rule, rules)
  )
}

const projects = readdirSync(cases)
  .filter((name) => filesOf(cases).includes(join(name, 'expected.json')))
  .sort()
const kept =
  only === undefined ? [] : JSON.parse(readFileSync(join(root, 'evidence/rivals.json'), 'utf8')).results
const results = kept.filter(({ name }) => name !== only)
for (const linter of linters) {
  if (only === undefined ? linter.name === sonar && !sonarlint : linter.name !== only) continue
  const result = {
    name: linter.name,
    version: linter.version,
    expected: 0,
    seen: 0,
    onClean: 0,
    others: 0,
    seconds: 0,
  }
  for (const name of projects) {
    const { must = [], clean = [] } = JSON.parse(readFileSync(join(cases, name, 'expected.json'), 'utf8'))
    const { findings, seconds } = measured(linter, join(cases, name))
    result.seconds += seconds
    result.expected += must.length
    result.seen += must.filter((one) => findings.some((finding) => hits(linter, one, finding))).length
    const beside = findings.filter(
      (finding) => !finding.weak && !must.some((one) => hits(linter, one, finding)),
    )
    if (must.length === 0 && clean.length > 0) result.onClean += beside.length
    else result.others += beside.length
  }
  const { findings, seconds } = measured(linter, repository)
  const warnings = findings.filter(({ weak }) => !weak)
  const byRule = {}
  for (const { rule } of warnings) byRule[rule] = (byRule[rule] ?? 0) + 1
  result.repository = {
    name: basename(repository),
    findings: findings.length,
    warnings: warnings.length,
    byRule,
    seconds,
  }
  results.push(result)
  console.log(JSON.stringify(result))
}
rmSync(scratch, { recursive: true, force: true })
const date = new Date().toISOString().slice(0, 10)
writeFileSync(
  join(root, 'evidence/rivals.json'),
  `${JSON.stringify({ date, projects: projects.length, results }, null, 2)}\n`,
)

/** null: not measured. */
const number = (value) => (value === null ? '' : value < 10 ? value.toFixed(1) : value.toFixed(0))
const rows = results.map((one) =>
  [
    '',
    one.name,
    one.version,
    `${one.seen} of ${one.expected}`,
    one.onClean,
    one.others,
    `${one.repository.findings} (${one.repository.warnings})`,
    number(one.repository.seconds),
    '',
  ]
    .join(' | ')
    .trim(),
)
const table = [
  `${date}, processor seconds, with the start of each process; ${results[0].repository.name.replace(/\+|__/, '/')} is the repository.`,
  '',
  '| tool | version | expected and seen | warnings on clean projects | other warnings | findings in the repository (warnings) | processor seconds |',
  '|---|---|---|---|---|---|---|',
  ...rows,
].join('\n')
const page = join(root, 'docs/comparison.md')
const text = readFileSync(page, 'utf8')
writeFileSync(
  page,
  text.replace(
    /<!-- results -->[\s\S]*<!-- end of results -->/,
    `<!-- results -->\n${table}\n<!-- end of results -->`,
  ),
)
