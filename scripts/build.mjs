/** Bundles everything that is installed into dist/, copies the grammars and writes THIRD-PARTY-NOTICES. `npm ci` runs it (`prepare`). `node scripts/build.mjs FILE` also writes what went into which bundle. */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { notices } from '../packaging/notices.mjs'

const root = new URL('../', import.meta.url)
const path = (relative) => fileURLToPath(new URL(relative, root))
const { repository, version } = JSON.parse(readFileSync(path('package.json'), 'utf8'))

/** Entries as esbuild takes them: name in dist/ → file. */
const entries = (list) => Object.fromEntries(Object.entries(list).map(([name, file]) => [name, path(file)]))

/** Of everything that decides what the engine says: its sources, the grammars and the libraries. */
function engineHash() {
  const hash = createHash('sha256').update(readFileSync(path('package-lock.json')))
  const walk = (folder) => {
    for (const entry of readdirSync(path(folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (entry.isDirectory()) walk(`${folder}/${entry.name}`)
      else hash.update(entry.name).update(readFileSync(path(`${folder}/${entry.name}`)))
    }
  }
  walk('server/src')
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

const common = {
  absWorkingDir: path('.'),
  bundle: true,
  minify: process.env.NO_MINIFY === undefined,
  legalComments: 'none',
  // jsonc-parser's CommonJS build hides its imports from a bundler.
  mainFields: ['module', 'main'],
  target: 'es2022',
  define: { COSTLINT_VERSION: JSON.stringify(version), COSTLINT_ENGINE: JSON.stringify(engineHash()) },
  logLevel: 'warning',
  metafile: true,
  outdir: path('dist'),
}

/**
 * Command line, workers, language server and the server of a browser as one script, whose compiled code can be kept, and what
 * starts it. A role loads what it needs when it is asked for; of libraries that differ, all of them use what runs anywhere.
 */
function node() {
  const platform = { platform: 'node', target: 'node20' }
  const stdin = (contents) => ({ contents, resolveDir: path('.'), loader: 'ts' })
  const engine = build({
    ...common,
    stdin: stdin(
      Object.entries({ ...roles, web: 'server/src/lsp/web.ts' })
        .map(([role, file]) => `export const ${role} = () => import('./${file}')`)
        .join('\n'),
    ),
    platform: 'browser',
    external: builtinModules.flatMap((name) => [name, `node:${name}`]),
    format: 'cjs',
    charset: 'ascii',
    // Compiled code that was kept cannot import anything; its ES module does.
    supported: { 'dynamic-import': false },
    alias: {
      'web-tree-sitter': path('node_modules/web-tree-sitter/web-tree-sitter.cjs'),
      ...Object.fromEntries(
        ['vscode-jsonrpc', 'vscode-languageserver-protocol', 'vscode-languageserver'].map((name) => [
          `${name}/node`,
          path(`node_modules/${name}/lib/node/main.js`),
        ]),
      ),
    },
    outdir: undefined,
    outfile: path('dist/engine.cjs'),
    define: { ...common.define, 'import.meta.url': 'costlintUrl' },
    banner: {
      js: "const costlintUrl=typeof __filename==='string'?require('node:url').pathToFileURL(__filename).href:'';",
    },
  })
  const starts = Object.keys(roles).map((role) =>
    build({
      ...common,
      ...platform,
      stdin: stdin(startOf(role)),
      format: 'esm',
      outdir: undefined,
      outfile: path(`dist/${role}.js`),
      ...(role === 'cli' ? { banner: { js: '#!/usr/bin/env node' } } : {}),
    }),
  )
  // Loaded by one command only.
  const mcp = build({
    ...common,
    ...platform,
    entryPoints: entries({ mcp: 'server/src/mcp/serve.ts' }),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  })
  return Promise.all([engine, mcp, ...starts])
}

/** What starts a role. A check whose outcome is known needs nothing else. */
function startOf(role) {
  const start = `import { start } from './server/src/host/node/start.ts'\n`
  if (role !== 'cli') return `${start}start('${role}')`
  return `${start}import { replay } from './server/src/cli/kept-outcome.ts'\nif (!replay(process.argv.slice(2))) start('cli')`
}

const roles = {
  cli: 'server/src/cli/main.ts',
  worker: 'server/src/host/node/worker.ts',
  server: 'server/src/lsp/node.ts',
}

/** The extension in a desktop VS Code, which loads CommonJS. */
function desktop() {
  return build({
    ...common,
    entryPoints: entries({ 'client/node': 'client/node.ts' }),
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
  })
}

/** The extension in a browser. Its server is the engine, in a web worker. */
function web() {
  return build({
    ...common,
    entryPoints: entries({ 'client/web': 'client/web.ts' }),
    platform: 'browser',
    format: 'cjs',
    external: ['vscode'],
  })
}

/** The pages of the rules as one file, by rule name. */
function rulePages() {
  const pages = {}
  for (const family of readdirSync(path('docs/rules'), { withFileTypes: true })) {
    if (!family.isDirectory()) continue
    for (const file of readdirSync(path(`docs/rules/${family.name}`)).sort()) {
      if (!file.endsWith('.md')) continue
      pages[`${family.name}/${file.slice(0, -3)}`] = readFileSync(
        path(`docs/rules/${family.name}/${file}`),
        'utf8',
      )
    }
  }
  writeFileSync(path('dist/rule-pages.json'), JSON.stringify(pages))
}

/** The other pages of the documentation as one file, by path: the extension shows and searches them. */
function documentation() {
  // What only contributors read is left out: the package for VS Code has a limit.
  const own = readdirSync(path('docs')).filter((name) => name.endsWith('.md') && name !== 'architecture.md')
  const names = [...own, 'rules/index.md'].sort()
  const isThere = (page) => names.includes(page) || /^rules\/[\w-]+\/[\w-]+\.md$/.test(page)
  const source = `${repository.url.replace(/\.git$/, '')}/blob/main/`
  const shown = (name) =>
    readFileSync(path(`docs/${name}`), 'utf8').replace(
      /\]\(([^)\s#:]+)(#[^)\s]*)?\)/g,
      (link, target, anchor = '') => {
        const page = posix.normalize(posix.join('docs', posix.dirname(name), target))
        return isThere(page.replace(/^docs\//, '')) ? link : `](${source}${page}${anchor})`
      },
    )
  const pages = Object.fromEntries(names.map((name) => [name, shown(name)]))
  writeFileSync(path('dist/client/docs.json'), JSON.stringify(pages))
}

/** The grammars, as esbuild would tell of them. */
function copiedGrammars() {
  const metafile = { inputs: {}, outputs: {} }
  const listed = JSON.parse(readFileSync(path('grammars/checksums.json'), 'utf8'))
  for (const [name, { package: from, file }] of Object.entries(listed)) {
    const input = `node_modules/${from}/${file}`
    const bytes = statSync(path(`grammars/${name}`)).size
    metafile.inputs[input] = { bytes, imports: [] }
    metafile.outputs[`grammars/${name}`] = {
      bytes,
      inputs: { [input]: { bytesInOutput: bytes } },
      imports: [],
      exports: [],
    }
  }
  return metafile
}

/** Several metafiles as one, without what esbuild makes up: the text of an entry, modules that a browser lacks. */
function joined(metafiles) {
  const real = (entries) => Object.fromEntries(entries.filter(([name]) => !/^<|^\(disabled\)/.test(name)))
  const outputs = metafiles.flatMap((each) => Object.entries(each.outputs))
  return {
    inputs: real(metafiles.flatMap(({ inputs }) => Object.entries(inputs))),
    outputs: Object.fromEntries(
      outputs.map(([name, output]) => [name, { ...output, inputs: real(Object.entries(output.inputs)) }]),
    ),
  }
}

/** The engine is read byte by byte, and esbuild leaves characters of regular expressions as they are: '×' would be two letters. */
function escapeEngine() {
  const file = path('dist/engine.cjs')
  const text = readFileSync(file, 'utf8')
  const escaped = text.replace(/[^\0-\x7f]/g, unicode)
  if (escaped !== text) writeFileSync(file, escaped)
}

function unicode(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What an earlier build left behind. Nothing else is taken away, so that a running command keeps its files. */
function removeStale(kept) {
  const walk = (folder) => {
    for (const entry of readdirSync(path(folder), { withFileTypes: true })) {
      const file = `${folder}/${entry.name}`
      if (entry.isDirectory()) walk(file)
      else if (!kept.has(file)) rmSync(path(file))
    }
  }
  walk('dist')
}

mkdirSync(path('dist'), { recursive: true })
await import('./copy-grammars.mjs')
const results = (await Promise.all([node(), desktop(), web()])).flat()
escapeEngine()
rulePages()
documentation()
const metafiles = [...results.map(({ metafile }) => metafile), copiedGrammars()]
writeFileSync(path('THIRD-PARTY-NOTICES'), notices(path('.'), metafiles))
if (process.argv[2] !== undefined) writeFileSync(process.argv[2], JSON.stringify(joined(metafiles)))
const written = ['dist/rule-pages.json', 'dist/client/docs.json']
removeStale(new Set([...written, ...metafiles.flatMap(({ outputs }) => Object.keys(outputs))]))
chmodSync(path('dist/cli.js'), 0o755)
