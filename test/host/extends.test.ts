/** Configurations that build on others, and their schema. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { before, describe, it } from 'mocha'
import { parse } from 'smol-toml'
import { presets } from '../../server/src/host/extended-configuration.js'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { loadConfiguration } from '../../server/src/host/settings-stage.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import { lookUp } from '../../server/src/text/records.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
let grammars: Grammars
before(async () => {
  grammars = await loadGrammars(await grammarFiles(), ['toml'])
})

const load = (files: Record<string, string>) =>
  loadConfiguration(Object.keys(files), async (path) => lookUp(files, path), grammars, undefined)

describe('host/extends', () => {
  const told = async (files: Record<string, string>) =>
    (await load(files)).problems.map(({ path, line, message }) => `${path}:${line}: ${message}`)

  it('what a file says is stronger than what it builds on', async () => {
    const configuration = await load({
      'costlint.toml': `extends = ["ci", "shared/base.toml"]
exclude = ["mine/"]
[search]
min-fits = 3
[severity]
"search/grid-search" = "error"
`,
      'shared/base.toml': `extends = "more.toml"
exclude = ["theirs/"]
fail-on = "error"
[search]
min-fits = 7
warn-fits = 8
[severity]
search = "hint"
`,
      'shared/more.toml': '[search]\nerror-fits = 9\nwarn-fits = 10\n[lifecycle]\nmin-epochs = 1\n',
    })
    assert.deepEqual(configuration.problems, [])
    const { search, lifecycle, money } = configuration.ruleOptions
    assert.deepEqual(search, { minFits: 3, warnFits: 8, errorFits: 9 })
    assert.deepEqual([lifecycle.minEpochs, money.warning], [1, 20])
    assert.equal(configuration.failOn, 'error')
    const own = configuration.forFile('a.py')
    assert.equal(own.severity('search/grid-search'), 'error')
    assert.equal(own.severity('search/unpruned-trials'), 'hint')
    assert.equal(own.severity('observability/no-tracking'), 'information')
    assert.equal(configuration.excluded('mine/a.py'), true)
    assert.equal(configuration.excluded('theirs/a.py'), true)
  })

  it('is wrong where it leads nowhere', async () => {
    assert.deepEqual(
      await told({
        'costlint.toml': 'extends = [\n  "strct",\n  "../x.toml",\n  "gone.toml",\n  "a.toml",\n]\n',
        'a.toml': 'extends = "b.toml"\nselct = []\n',
        'b.toml': 'extends = "./a.toml"\n',
      }),
      [
        'a.toml:2: unknown key "selct" in the configuration, did you mean "select"?',
        'b.toml:1: "extends" goes round in a circle: "./a.toml"',
        'costlint.toml:2: "extends" knows no preset "strct", did you mean "strict"?',
        'costlint.toml:3: "extends" leads out of the project: "../x.toml"',
        'costlint.toml:4: "extends" names a file that is not there: "gone.toml"',
      ],
    )
    assert.deepEqual(await told({ 'costlint.toml': 'extends = 3\n' }), [
      'costlint.toml:1: "extends" must be a string, or a list of strings',
    ])
  })

  it('every preset is right, and documented as it is', async () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8')
    for (const [name, text] of Object.entries(presets)) {
      assert.deepEqual(await told({ 'costlint.toml': `extends = "${name}"\n` }), [])
      assert.ok(page.includes(`\`${name}\``), name)
      if (text !== '') assert.ok(page.includes(text), `docs/configuration.md does not show what ${name} says`)
    }
    const strict = await load({ 'costlint.toml': 'extends = "strict"\n' })
    assert.equal(strict.failOn, 'information')
    assert.equal(strict.forFile('a.py').enabled('observability/no-tracking', 'keras-records'), true)
    const usual = await load({})
    assert.equal(usual.forFile('a.py').enabled('observability/no-tracking', 'keras-records'), false)
  })
})

describe('schema of the configuration', () => {
  const schema = JSON.parse(readFileSync(join(root, 'schemas/costlint.schema.json'), 'utf8'))
  const validate = new Ajv({ strict: false }).compile(schema)
  const isValid = (text: string) => validate(parse(text))

  it('accepts what the reader accepts', () => {
    const example = /```toml\n([\s\S]*?)```/.exec(
      readFileSync(join(root, 'docs/configuration.md'), 'utf8'),
    )![1]!
    assert.equal(isValid(example), true, JSON.stringify(validate.errors))
    for (const text of Object.values(presets)) assert.equal(isValid(text), true, text)
    assert.equal(isValid('select = ["search/*", "*", "data"]\n'), true)
  })

  it('refuses what the reader refuses', () => {
    for (const text of [
      'selct = []',
      'ignore = ["search/gridsearch"]',
      'fail-on = "fatal"',
      '[severity]\n"search/grid-search" = "warn"',
      '[severity]\n"serch" = "hint"',
      '[search]\nmin-fits = -1',
      '[[overrides]]\nignore = ["search"]',
      '[[suppress]]\npath = "a.json"\nrule = "search/grid-search"',
      '[prices]\ndiscount = 20',
    ])
      assert.equal(isValid(text), false, text)
  })
})
