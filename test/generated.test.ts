import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accuracy } from '../scripts/accuracy/page.js'
import { configurationSchema } from '../scripts/configuration-schema.js'
import { indexes } from '../scripts/indexes.js'
import { platforms } from '../scripts/platforms.js'
import { ruleIndex } from '../scripts/rule-index.js'
import { ruleKeys } from '../scripts/rule-keys.js'
import { withTable } from '../scripts/rule-tables.js'
import { checklistPage } from '../server/src/checklist/item-page.js'
import { readers } from '../server/src/readers/index.js'
import { rules } from '../server/src/rules/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The formatter orders imports and wraps lines. */
const words = (text: string): string[] => (text.match(/[\w./-]+/g) ?? []).sort()

describe('what `npm run generate` makes', () => {
  for (const [path, text] of Object.entries(indexes(root)))
    it(`${path} names every file that belongs in it`, () => assert.deepEqual(words(file(path)), words(text)))

  it('docs/platforms.md lists the tables of the readers', () =>
    assert.equal(file('docs/platforms.md'), platforms(readers)))

  it('schemas/costlint.schema.json has the keys of the configuration', () =>
    assert.equal(file('schemas/costlint.schema.json'), configurationSchema()))

  it('docs/rules/index.md lists the rules', () => {
    const pages = new Map(rules.map(({ name }) => [name, file(`docs/rules/${name}.md`)]))
    assert.equal(file('docs/rules/index.md'), ruleIndex(rules, readers, pages))
  })

  it('docs/checklist.md lists the items with their rules', () =>
    assert.equal(file('docs/checklist.md'), checklistPage(rules)))

  for (const { name } of rules)
    it(`docs/rules/${name}.md has the table of its keys`, () => {
      const page = file(`docs/rules/${name}.md`)
      assert.equal(page, withTable(page, name, readers))
    })

  it('scripts/rule-keys/ names rules only', () =>
    assert.deepEqual(Object.keys(ruleKeys).sort(), rules.map(({ name }) => name).sort()))
})

describe('what `npm run accuracy` makes', () => {
  for (const [path, text] of Object.entries(accuracy(root)))
    it(`${path} says what the estimates say now`, () => assert.equal(file(path), text))
})
