import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { german as serverGerman } from '../../server/src/lsp/german.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const table = (path: string) => JSON.parse(read(path)) as Record<string, string>

/** Texts that the code asks a translation of. */
function asked(): string[] {
  const found = readdirSync(join(root, 'client'))
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      [...read(`client/${name}`).matchAll(/l10n\.t\(\s*'((?:[^'\\]|\\.)*)'/g)].map((match) => match[1]!),
    )
  return [...new Set(found)].sort()
}

const placeholders = (text: string) => (text.match(/\{\d\}|\$\([\w-]+\)/g) ?? []).sort()

describe('translations', () => {
  const german = table('l10n/bundle.l10n.de.json')

  it('are complete, and of nothing else', () => {
    assert.ok(asked().length > 40)
    assert.deepEqual(Object.keys(german).sort(), asked())
    assert.deepEqual(Object.keys(table('package.nls.de.json')), Object.keys(table('package.nls.json')))
  })

  it('keep places for values, icons and links', () => {
    for (const [text, translation] of Object.entries(german))
      assert.deepEqual(placeholders(translation), placeholders(text), text)
    const links = (text: string) => text.match(/\(command:[^)]*\)/g) ?? []
    const own = new Map(Object.entries(table('package.nls.de.json')))
    for (const [key, text] of Object.entries(table('package.nls.json')))
      assert.deepEqual(links(own.get(key) ?? ''), links(text), key)
  })

  it('are there for every text that the server says, and of nothing else', () => {
    const said = readdirSync(join(root, 'server/src/lsp'))
      .flatMap((name) => [...read(`server/src/lsp/${name}`).matchAll(/\bsay\(\s*'((?:[^'\\]|\\.)*)'/g)])
      .map((match) => match[1]!)
    // Levels of safety are said by name.
    const levels = [...read('server/src/lsp/fix-titles.ts').matchAll(/^ {2}\w+: '(.*)',$/gm)].map(
      (match) => match[1]!,
    )
    assert.equal(levels.length, 3)
    assert.deepEqual([...serverGerman.keys()].sort(), [...new Set([...said, ...levels])].sort())
    for (const [text, translation] of serverGerman)
      assert.deepEqual(placeholders(translation), placeholders(text), text)
  })

  it('are all that the manifest refers to', () => {
    const manifest = read('package.json')
    const keys = [...new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]!))].sort()
    assert.deepEqual(Object.keys(table('package.nls.json')).sort(), keys)
  })
})

describe('the manifest of the extension', () => {
  interface Manifest {
    contributes: {
      commands: { command: string }[]
      menus: Record<string, { command: string; when?: string }[]>
      walkthroughs: { steps: { media: { image: string; altText: string } }[] }[]
      viewsContainers: { activitybar: { icon: string }[] }
    }
  }
  const { contributes } = JSON.parse(read('package.json')) as Manifest

  it('shows only commands that there are', () => {
    const commands = new Set(contributes.commands.map(({ command }) => command))
    for (const entries of Object.values(contributes.menus))
      for (const { command } of entries) assert.ok(commands.has(command), command)
  })

  it('has its pictures', () => {
    const pictures = [
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.image)),
    ]
    assert.deepEqual(
      pictures.filter((path) => !existsSync(join(root, path))),
      [],
    )
  })
})
