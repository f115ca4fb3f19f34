/** What the documentation promises: links lead somewhere, rules are listed, the example configuration is valid. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allGpus } from '../server/src/catalog/gpus.js'
import { tomlFacts } from '../server/src/config/toml.js'
import { readConfigurationFile } from '../server/src/host/configuration-file.js'
import { grammarFiles } from '../server/src/host/node/grammar-files.js'
import { rules } from '../server/src/rules/index.js'
import { loadGrammars } from '../server/src/syntax/parser.js'
import { runAt } from './cli/here.js'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdown(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'examples/README.md',
  'test/cases/README.md',
  ...markdown('docs'),
]

describe('documentation', () => {
  it('links lead to files that exist', () => {
    const dead: string[] = []
    for (const page of pages) {
      const prose = read(page).replace(/^(`{3,})[\s\S]*?^\1`*\s*$/gm, '')
      for (const [, target] of prose.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue
        if (!existsSync(join(root, dirname(page), target!))) dead.push(`${page}: ${target}`)
      }
    }
    assert.deepEqual(dead, [])
  })

  it('the list of rules names every rule', () => {
    const listed = [...read('docs/rules/index.md').matchAll(/^\| \[`([\w/-]+)`\]/gm)].map((match) => match[1])
    assert.deepEqual([...listed].sort(), rules.map((rule) => rule.name).sort())
  })

  it('the README begins with what the command really prints', async () => {
    const [, args, printed] = /```text\n\$ costlint (.*)\n([\s\S]*?)```/.exec(read('README.md'))!
    const { out } = await runAt(root, args!.split(' '))
    assert.equal(out, printed)
    assert.match(out, /\$[\d.]+.* per hour[\s\S]* fix: /)
  })

  it('the example configuration has every key and no mistake', async () => {
    const example = /```toml\n([\s\S]*?)```/.exec(read('docs/configuration.md'))![1]!
    const grammars = await loadGrammars(await grammarFiles(), ['toml'])
    const { file, problems } = readConfigurationFile('costlint.toml', example, tomlFacts(example, grammars), {
      rules: rules.map((rule) => rule.name),
      hardware: allGpus().map((gpu) => gpu.name),
    })
    assert.deepEqual(problems, [])
    assert.equal(file?.hardware, 'A100-80GB')
    assert.equal(file?.search.warnFits, 30)
    assert.equal(file?.overrides.length, 2)
    assert.equal(file?.suppress.length, 1)
  })
})
