import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a folder (or file) of server/src may import, beside itself. See docs/architecture.md, "Who may import whom". */
const allowed: Record<string, string[]> = {
  text: [],
  syntax: ['text'],
  python: ['text', 'syntax'],
  config: ['text', 'syntax'],
  edit: ['text', 'syntax', 'python', 'config'],
  values: ['text', 'syntax', 'python', 'config', 'edit'],
  workload: ['text', 'syntax', 'python', 'config', 'edit', 'values'],
  catalog: ['text'],
  estimate: ['text', 'catalog'],
  checklist: ['text'],
  measured: ['text'],
  readers: [
    'text',
    'syntax',
    'python',
    'config',
    'edit',
    'values',
    'workload',
    'catalog',
    'estimate',
    'link',
  ],
  rules: ['text', 'edit', 'values', 'workload', 'catalog', 'estimate', 'checklist', 'measured'],
  link: ['text', 'syntax', 'python', 'config', 'values', 'workload', 'catalog'],
}
const engine = [...Object.keys(allowed), 'finding.ts', 'lint.ts']
allowed['finding.ts'] = ['text', 'edit', 'rules']
allowed['lint.ts'] = ['finding.ts', 'rules']
allowed.extraction = engine
allowed.host = [...allowed.extraction, 'extraction']
allowed.linking = [...allowed.host, 'host']
allowed.judging = [...allowed.linking, 'linking']
allowed.annotations = [...allowed.judging, 'judging']
allowed.results = [...allowed.judging, 'judging']
allowed.project = [...allowed.results, 'results', 'annotations']
allowed['linter.ts'] = [...allowed.project, 'project']
for (const face of ['lsp', 'cli', 'report'])
  allowed[face] = [
    'text',
    'edit',
    'catalog',
    'estimate',
    'checklist',
    'measured',
    'rules',
    'finding.ts',
    'linter.ts',
  ]
allowed.mcp = []
allowed.cli!.push('lsp', 'mcp', 'report')
allowed.lsp!.push('report')

/** The only places that may use Node itself; everything else also runs in a web worker. */
const nodeOnly = [/^host\/node\//, /^lsp\/node\.ts$/, /^mcp\//, /^cli\//]

const source = fileURLToPath(new URL('../server/src', import.meta.url))

interface Import {
  from: string
  specifier: string
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return files(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

/** Static and dynamic imports of a module, those of types as well. Comments are taken out first. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
    /\brequire\(\s*['"]([^'"]+)['"]/g,
  ].flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]!))
}

/** The layer of a path below server/src: its folder, or the file itself at the top. */
function layer(path: string): string {
  return path.split('/')[0]!
}

function forbidden(one: Import): string | null {
  if (one.specifier.startsWith('node:')) {
    return nodeOnly.some((pattern) => pattern.test(one.from)) ? null : 'uses Node outside of its hosts'
  }
  if (!one.specifier.startsWith('.')) return null
  const target = posix.normalize(posix.join(posix.dirname(one.from), one.specifier))
  if (target.startsWith('..')) return 'leaves server/src'
  if (!/\.(js|json)$/.test(target)) return 'has no file extension'
  // What readers ask of Python is the contract in python/module.ts, which whatever implements it has to keep.
  if (one.from.startsWith('readers/') && target === 'python/analysis.js')
    return 'readers know only PythonModule'
  const from = layer(one.from)
  const to = layer(target).replace(/\.js$/, '.ts')
  if (from === to) return null
  if (target.startsWith('host/node/') && nodeOnly.some((pattern) => pattern.test(one.from))) return null
  if (!(from in allowed)) return `stands in no known layer (${from})`
  return allowed[from]!.includes(to) ? null : `${from} may not import ${to}`
}

describe('layers', () => {
  const imports: Import[] = files(source).flatMap((path) =>
    importsOf(readFileSync(path, 'utf8')).map((specifier) => ({
      specifier,
      from: relative(source, path).replace(/\\/g, '/'),
    })),
  )

  it('import only what stands to their left', () => {
    const wrong = imports.flatMap((one) => {
      const why = forbidden(one)
      return why ? [`${one.from}: ${one.specifier}: ${why}`] : []
    })
    assert.deepEqual(wrong, [])
    assert.ok(imports.length > 20, 'no imports were read')
  })

  it('import each other in no circle, not even types', () => {
    const below = new Map<string, Set<string>>()
    for (const { from, specifier } of imports) {
      if (!specifier.startsWith('.')) continue
      const target = posix.normalize(posix.join(posix.dirname(from), specifier))
      const [own, other] = [layer(from), layer(target).replace(/\.js$/, '.ts')]
      if (own !== other) below.set(own, (below.get(own) ?? new Set()).add(other))
    }
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      [...(below.get(from) ?? [])].some(
        (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
      )
    assert.deepEqual(
      [...below.keys()].filter((one) => reaches(one, one)),
      [],
    )
  })

  it('a wrong import would be found', () => {
    const wrong = [
      { from: 'rules/search/grid-search.ts', specifier: '../../readers/sklearn/search.js' },
      { from: 'readers/sklearn/search.ts', specifier: '../../rules/rule.js' },
      { from: 'text/source-fragment.ts', specifier: '../syntax/parser.js' },
      { from: 'project/workspace.ts', specifier: 'node:fs' },
      { from: 'lsp/server.ts', specifier: 'node:path' },
      { from: 'lsp/server.ts', specifier: '../cli/main.js' },
      { from: 'lsp/server.ts', specifier: '../project/workspace.js' },
      { from: 'lsp/web.ts', specifier: '../host/node/host.js' },
      { from: 'cli/check.ts', specifier: '../readers/index.js' },
      { from: 'project/workspace.ts', specifier: '../linter.js' },
      { from: 'extraction/analyzer.ts', specifier: '../host/host.js' },
      { from: 'linking/runs.ts', specifier: '../judging/judge.js' },
      { from: 'results/fixes.ts', specifier: '../annotations/annotations.js' },
      { from: 'link/launches.ts', specifier: '../readers/reader.js' },
      { from: 'other/x.ts', specifier: '../text/source-fragment.js' },
      { from: 'text/x.ts', specifier: './unit' },
      { from: 'python/module.ts', specifier: '../workload/claim.js' },
      { from: 'config/yaml.ts', specifier: '../workload/claim.js' },
      { from: 'readers/sklearn/search.ts', specifier: '../../python/analysis.js' },
    ]
    for (const one of wrong) assert.notEqual(forbidden(one), null, `${one.from} ${one.specifier}`)
    for (const one of [
      { from: 'host/node/host.ts', specifier: 'node:fs' },
      { from: 'readers/sklearn/search.ts', specifier: '../../estimate/grid.js' },
      { from: 'readers/slurm/steps.ts', specifier: '../../link/launch-line.js' },
      { from: 'lsp/node.ts', specifier: '../linter.js' },
      { from: 'lsp/node.ts', specifier: '../host/node/host.js' },
    ]) {
      assert.equal(forbidden(one), null, `${one.from} ${one.specifier}`)
    }
  })

  it('imports are read in all their forms', () => {
    const text = [
      "import a from './a.js'",
      "import type { B } from './b.js'",
      "import {\n  c,\n  d,\n} from './c.js'",
      "import './d.js'",
      "export * from './e.js'",
      "const f = await import('./f.js')",
      "// import g from './g.js'",
      "/* import h from './h.js' */",
    ].join('\n')
    assert.deepEqual(importsOf(text).sort(), ['./a.js', './b.js', './c.js', './d.js', './e.js', './f.js'])
  })

  it('tests mirror the source', () => {
    const test = dirname(fileURLToPath(import.meta.url))
    const own = new Set([
      'cases',
      'vscode',
      'native',
      'matrix',
      'fixtures',
      'robustness',
      'client',
      'ecosystem',
      'fuzz',
      'variations',
      'packaging',
      'editors',
    ])
    const strangers = readdirSync(test, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !own.has(entry.name) && !(entry.name in allowed))
      .map((entry) => entry.name)
    assert.deepEqual(strangers, [])
  })
})
