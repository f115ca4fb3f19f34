import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { defaultSettings } from '../../server/src/lsp/settings.js'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const manifest = JSON.parse(readFileSync(path('package.json'), 'utf8'))
const { contributes } = manifest

describe("the extension's manifest", () => {
  it('names files that exist, or that the build makes', () => {
    const build = readFileSync(path('scripts/build.mjs'), 'utf8')
    assert.ok(existsSync(path(manifest.icon)))
    for (const grammar of contributes.grammars) assert.ok(existsSync(path(grammar.path)), grammar.path)
    for (const entry of [manifest.main, manifest.browser]) {
      const name = entry.replace('./dist/', '').replace(/\.c?js$/, '')
      assert.ok(build.includes(`'${name}'`), `the build does not make ${entry}`)
    }
  })

  it('has the defaults that the server has', () => {
    const given = Object.entries(contributes.configuration.properties as Record<string, { default: unknown }>)
      .map(([name, { default: value }]) => [name.replace('costlint.', ''), value] as const)
      .filter(([name]) => name !== 'trace.server')
    assert.deepEqual(Object.fromEntries(given), defaultSettings)
  })

  it('contributes the commands that the code registers', () => {
    const code = readdirSync(path('client'))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(path(`client/${name}`), 'utf8'))
      .join('\n')
    const registered = [...code.matchAll(/registerCommand\(\s*'([^']+)'/g)].map((match) => match[1])
    // The language client registers what the server offers under the same name.
    registered.push('costlint.lintWorkspace')
    const contributed = contributes.commands.map(({ command }: { command: string }) => command)
    assert.deepEqual(contributed.sort(), registered.sort())
  })

  it('runs in untrusted and in virtual workspaces', () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, true)
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, true)
    assert.ok(manifest.browser)
  })

  it('knows launch scripts as shell scripts', () => {
    const shell = contributes.languages.find(({ id }: { id: string }) => id === 'shellscript')
    assert.deepEqual(shell.extensions, ['.slurm', '.sbatch', '.pbs'])
  })

  it('asks for a version of VS Code whose types the code is checked against', () => {
    const types = JSON.parse(readFileSync(path('node_modules/@types/vscode/package.json'), 'utf8'))
    const [, minor] = manifest.engines.vscode.replace('^', '').split('.').map(Number)
    assert.ok(Number(types.version.split('.')[1]) >= minor)
  })
})

describe('the grammar of comments', () => {
  const grammar = JSON.parse(readFileSync(path('syntaxes/costlint-directive.tmLanguage.json'), 'utf8'))
  const [directive] = grammar.patterns
  const begins = (line: string) => new RegExp(directive.begin).test(line)

  it('finds directives, and nothing else', () => {
    assert.ok(begins('# costlint: ignore[search/grid-search] -- small'))
    assert.ok(begins('#costlint:ignore-file'))
    assert.ok(begins('// costlint : ignore'))
    assert.ok(!begins('# costlint: ignored'))
    assert.ok(!begins('# mycostlint: ignore'))
    assert.ok(!begins('# see costlint'))
  })

  it('finds each rule of a list', () => {
    const [rule] = directive.patterns[0].patterns
    const found = 'search/grid-search, lifecycle/*, data'.match(new RegExp(rule.match, 'g'))
    assert.deepEqual(found, ['search/grid-search', 'lifecycle/*', 'data'])
  })

  it('is injected into comments of every language that has them', () => {
    const [injection] = contributes.grammars
    assert.equal(injection.scopeName, grammar.scopeName)
    for (const scope of [
      'source.python',
      'source.yaml',
      'source.toml',
      'source.shell',
      'source.dockerfile',
    ]) {
      assert.ok(injection.injectTo.includes(scope), scope)
    }
  })
})
