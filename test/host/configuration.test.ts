import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { tomlFacts } from '../../server/src/config/toml.js'
import { type Choice, type Configuration, createConfiguration } from '../../server/src/host/configuration.js'
import { mentionsConfiguration, readConfigurationFile } from '../../server/src/host/configuration-file.js'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'

const rules = [
  { name: 'search/grid-search' },
  { name: 'search/uncached-pipeline', offFor: { ray: '0.81 of 42' } },
  { name: 'precision/full-precision' },
]
const hardware = ['A100-80GB', 'A100-40GB', 'T4']
let grammars: Grammars

const parse = (path: string, text: string) =>
  readConfigurationFile(path, text, tomlFacts(text, grammars), {
    rules: rules.map((rule) => rule.name),
    hardware,
  })

function configure(files: Record<string, string>, choice: Choice = {}): Configuration {
  const parsed = Object.entries(files).map(([path, text]) => parse(path, text))
  return createConfiguration({
    files: parsed.flatMap(({ file }) => (file === undefined ? [] : [file])),
    problems: parsed.flatMap((each) => each.problems),
    rules,
    choice,
  })
}

const problems = (text: string, path = 'costlint.toml') =>
  parse(path, text).problems.map((each) => `${each.path}:${each.line}: ${each.message}`)

/** Rules that run on a file. */
const running = (configuration: Configuration, path: string) =>
  rules.map((rule) => rule.name).filter((rule) => configuration.forFile(path).enabled(rule))

describe('host/configuration', () => {
  before(async () => {
    grammars = await loadGrammars(await grammarFiles(), ['toml'])
  })

  it('runs every rule without a configuration', () => {
    const configuration = configure({})
    assert.equal(running(configuration, 'a.py').length, 3)
    assert.equal(configuration.excluded('a.py'), undefined)
    assert.equal(configuration.reported('a.py'), true)
    assert.deepEqual(configuration.ruleOptions, {
      defaultHardware: null,
      search: { warnFits: 30, errorFits: 500, minFits: 12 },
      lifecycle: { minEpochs: 20 },
      prices: { region: null, discount: 0, machines: [], accelerators: [] },
      told: { samples: null, hours: null },
      money: { information: 1, warning: 5, error: 100 },
    })
  })

  it('reads every key', () => {
    const text = `
select = ["search"]
ignore = ["search/uncached-pipeline"]
fail-on = "error"
exclude = ["legacy/", "*.gen.yaml", "!outputs/"]
include = ["src/"]
[severity]
"search/*" = "hint"
"search/grid-search" = "error"
[hardware]
default = "a100-80gb"
[search]
warn-fits = 100
[lifecycle]
min-epochs = 5
[prices]
region = "eu-west-1"
discount = 0.2
[[prices.machines]]
type = "p4d.24xlarge"
region = "us-east-1"
usd-per-hour = 14.20
spot-usd-per-hour = 9.10
[[prices.machines]]
type = "lab-node"
usd-per-hour = 3
[[prices.accelerators]]
name = "a100-80gb"
usd-per-hour = 1.9
[money]
warning = 20
[budget]
usd-per-run = 50
usd-per-month = 1000
machines = ["g5.*"]
tags = true
[[runs]]
path = "src/a.py"
samples = 500
[[runs]]
path = "src/b.py"
hours = 1.5
[[overrides]]
paths = ["notebooks/"]
select = ["precision"]
severity = { "search/grid-search" = "off" }
[[suppress]]
path = "sweep.json"
rule = "search/grid-search"
reason = "paper"
`
    assert.deepEqual(problems(text), [])
    const configuration = configure({ 'costlint.toml': text })
    assert.deepEqual(running(configuration, 'src/a.py'), ['search/grid-search'])
    assert.deepEqual(running(configuration, 'notebooks/a.ipynb'), ['precision/full-precision'])
    assert.equal(configuration.forFile('src/a.py').severity('search/grid-search'), 'error')
    assert.equal(configuration.forFile('src/a.py').severity('search/uncached-pipeline'), 'hint')
    assert.equal(configuration.forFile('src/a.py').severity('precision/full-precision'), undefined)
    assert.equal(configuration.excluded('legacy', true), true)
    assert.equal(configuration.excluded('legacy/a.py'), true)
    assert.equal(configuration.excluded('deep/x.gen.yaml'), true)
    assert.equal(configuration.excluded('outputs', true), false)
    assert.equal(configuration.reported('src/a.py'), true)
    assert.equal(configuration.reported('other/a.py'), false)
    assert.equal(configuration.failOn, 'error')
    assert.deepEqual(configuration.ruleOptions, {
      defaultHardware: 'A100-80GB',
      search: { warnFits: 100, errorFits: 500, minFits: 12 },
      lifecycle: { minEpochs: 5 },
      prices: {
        region: 'eu-west-1',
        discount: 0.2,
        machines: [
          { type: 'p4d.24xlarge', region: 'us-east-1', onDemand: 14.2, spot: 9.1 },
          { type: 'lab-node', region: null, onDemand: 3, spot: null },
        ],
        accelerators: [{ name: 'A100-80GB', usd: 1.9 }],
      },
      told: { samples: null, hours: null },
      money: { information: 1, warning: 20, error: 100 },
    })
    assert.deepEqual(configuration.forFile('src/a.py').options.told, { samples: 500, hours: null })
    assert.deepEqual(configuration.forFile('src/b.py').options.told.hours, { low: 1.5, high: 1.5 })
    assert.deepEqual(configuration.forFile('sweep.json').suppressions, [
      { path: 'sweep.json', rule: 'search/grid-search', reason: 'paper' },
    ])
    assert.deepEqual(configuration.forFile('other.json').suppressions, [])
  })

  it('reads the table in pyproject.toml, which yields to costlint.toml beside it', () => {
    const text =
      '[project]\nname = "x"\n[tool.costlint]\nignore = ["search"]\n[tool.costlint.severity]\nprecision = "hint"\n'
    assert.equal(mentionsConfiguration(text), true)
    assert.deepEqual(running(configure({ 'pyproject.toml': text }), 'a.py'), ['precision/full-precision'])
    const both = configure({ 'costlint.toml': 'ignore = ["precision"]', 'pyproject.toml': text })
    assert.deepEqual(running(both, 'a.py'), ['search/grid-search', 'search/uncached-pipeline'])
    const other = parse('pyproject.toml', '[tool.ruff]\nselect = 3\n')
    assert.deepEqual(other, { file: undefined, problems: [] })
    assert.equal(mentionsConfiguration('[tool.ruff]\n'), false)
  })

  it('names what is wrong with a price', () => {
    assert.deepEqual(problems('[prices]\ndiscount = 20\n[[prices.machines]]\nregion = "eu-west-1"\n'), [
      'costlint.toml:2: "discount" must be a share from 0 to 1',
      'costlint.toml:3: a price needs "type"',
      'costlint.toml:3: a price needs "usd-per-hour" or "spot-usd-per-hour"',
    ])
  })

  it('takes an accelerator by any of its names, and suggests one of the same series', () => {
    const own = (name: string) => `[[prices.accelerators]]\nname = "${name}"\nusd-per-hour = 2\n`
    assert.deepEqual(problems(own('a100')), [])
    assert.deepEqual(problems(own('A100-80')), [
      'costlint.toml:2: unknown hardware "A100-80", did you mean "A100-80GB"?',
    ])
    const machine = (type: string) => `[[prices.machines]]\ntype = "${type}"\nusd-per-hour = 2\n`
    assert.deepEqual(problems(machine('ml.g5.2xlarg')), [
      'costlint.toml:2: unknown machine type "ml.g5.2xlarg", did you mean "ml.g5.2xlarge"?',
    ])
    assert.deepEqual(problems(machine('the-lab')), [])
  })

  it('takes the nearest file above', () => {
    const configuration = configure({
      'costlint.toml': 'ignore = ["search"]\nexclude = ["sub/old/"]\n[search]\nwarn-fits = 1\n',
      'sub/costlint.toml': 'ignore = ["precision"]\nexclude = ["gen.py"]\n',
    })
    assert.deepEqual(running(configuration, 'a.py'), ['precision/full-precision'])
    assert.deepEqual(running(configuration, 'sub/deep/a.py'), [
      'search/grid-search',
      'search/uncached-pipeline',
    ])
    assert.deepEqual(running(configuration, 'subway/a.py'), ['precision/full-precision'])
    assert.equal(configuration.forFile('sub/a.py').options.search.warnFits, 30)
    assert.equal(configuration.excluded('sub/gen.py'), true)
    assert.equal(configuration.excluded('gen.py'), undefined)
    assert.equal(configuration.excluded('sub/old/a.py'), true)
  })

  it('lets the more specific selector win, and of equals the one that leaves out', () => {
    const on = (text: string, choice?: Choice) =>
      running(configure({ 'costlint.toml': text }, choice), 'a.py')
    assert.deepEqual(on('select = ["search/grid-search"]\nignore = ["search"]'), ['search/grid-search'])
    assert.deepEqual(on('select = ["search"]\nignore = ["search"]'), [])
    assert.deepEqual(on('select = ["*"]\nignore = ["*"]'), [])
    assert.deepEqual(on('severity = { search = "off" }'), ['precision/full-precision'])
    assert.deepEqual(on('ignore = ["search/grid-search"]', { select: ['search'] }), [
      'search/uncached-pipeline',
    ])
    assert.deepEqual(on('select = ["precision"]', { select: ['search'] }).length, 2)
    assert.deepEqual(on('', { ignore: ['search'] }), ['precision/full-precision'])
    assert.deepEqual(on('', { select: ['search/grid-search'], ignore: ['search'] }), ['search/grid-search'])
    assert.deepEqual(
      on('ignore = ["search/grid-search"]', { select: ['search/grid-search'], ignore: ['search'] }),
      [],
    )
  })

  it('keeps a rule off for a reader until the rule itself is named', () => {
    const enabled = (text: string) =>
      configure({ 'costlint.toml': text }).forFile('a.py').enabled('search/uncached-pipeline', 'ray')
    assert.equal(enabled(''), false)
    assert.equal(enabled('select = ["search"]'), false)
    assert.equal(enabled('select = ["search/uncached-pipeline"]'), true)
    assert.equal(configure({}).forFile('a.py').enabled('search/uncached-pipeline', 'sklearn'), true)
  })

  it('names the line of every mistake and what was meant', () => {
    assert.deepEqual(
      problems(`selct = []
ignore = ["search/gridsearch", "precison"]
exclude = "legacy"
fail-on = "fatal"

[severity]
"search/grid-search" = "warn"
"serch" = "hint"

[search]
warn-fits = "many"
error_fits = 3
min-fits = -1

[hardware]
default = "A100-80G"

[[overrides]]
ignore = ["search"]

[[suppress]]
path = "a.json"
rule = "search/grid-search"
`),
      [
        'costlint.toml:1: unknown key "selct" in the configuration, did you mean "select"?',
        'costlint.toml:2: unknown rule "search/gridsearch", did you mean "search/grid-search"?',
        'costlint.toml:2: unknown rule "precison", did you mean "precision"?',
        'costlint.toml:3: "exclude" must be a list of strings',
        'costlint.toml:4: "fail-on" must be one of error, warning, information, hint, never',
        'costlint.toml:7: "search/grid-search" must be one of off, error, warning, information, hint',
        'costlint.toml:8: unknown rule "serch", did you mean "search"?',
        'costlint.toml:11: "warn-fits" must be a whole number, 0 or more',
        'costlint.toml:12: unknown key "error_fits" in "search", did you mean "error-fits"?',
        'costlint.toml:13: "min-fits" must be a whole number, 0 or more',
        'costlint.toml:16: unknown hardware "A100-80G", did you mean "A100-80GB"?',
        'costlint.toml:18: an override needs "paths"',
        'costlint.toml:21: a suppression needs "reason"',
      ],
    )
  })

  it('keeps what is right beside what is wrong', () => {
    const configuration = configure({ 'costlint.toml': 'ignore = ["nonsense", "search"]\nfail-on = 3\n' })
    assert.deepEqual(running(configuration, 'a.py'), ['precision/full-precision'])
    assert.equal(configuration.problems.length, 2)
  })

  it('names the line of a syntax error', () => {
    assert.deepEqual(problems('ignore = ["search"]\nselect = [\n'), [
      'costlint.toml:2: not valid TOML: invalid value',
    ])
  })

  it('says what is wrong with TOML itself', () => {
    assert.deepEqual(problems('ignore = ["search"]\n\nignore = ["data"]\n'), [
      'costlint.toml:3: not valid TOML: trying to redefine an already defined table or value',
    ])
    assert.deepEqual(problems('[search]\nwarn-fits = 030\n').slice(0, 1), [
      'costlint.toml:2: not valid TOML: illegal leading zero',
    ])
  })

  it('takes severities and thresholds by path, and by rule', () => {
    const text = `
[search]
warn-fits = 50
[[overrides]]
paths = ["notebooks/"]
hardware = { default = "T4" }
search = { min-fits = 20 }
money = { warning = 50 }
severity = { "search/grid-search" = "hint" }
[[overrides]]
paths = ["*"]
rules = ["search"]
money = { error = 1000 }
[[overrides]]
paths = ["*"]
rules = ["search/grid-search"]
money = { warning = 2 }
`
    assert.deepEqual(problems(text), [])
    const configuration = configure({ 'costlint.toml': text })
    const of = (path: string, rule?: string) => {
      const own = configuration.forFile(path)
      const { search, money, defaultHardware } = rule === undefined ? own.options : own.optionsFor(rule)
      return [search.minFits, search.warnFits, money.warning, money.error, defaultHardware]
    }
    assert.deepEqual(of('src/a.py'), [12, 50, 5, 100, null])
    assert.deepEqual(of('src/a.py', 'precision/full-precision'), [12, 50, 5, 100, null])
    assert.deepEqual(of('src/a.py', 'search/uncached-pipeline'), [12, 50, 5, 1000, null])
    assert.deepEqual(of('src/a.py', 'search/grid-search'), [12, 50, 2, 1000, null])
    assert.deepEqual(of('notebooks/a.py'), [20, 50, 50, 100, 'T4'])
    assert.deepEqual(of('notebooks/a.py', 'search/grid-search'), [20, 50, 2, 1000, 'T4'])
    assert.equal(configuration.forFile('notebooks/a.py').severity('search/grid-search'), 'hint')
    assert.equal(configuration.forFile('src/a.py').severity('search/grid-search'), undefined)
  })

  it('runs what is off by default where a preview is asked for', () => {
    const enabled = (text: string, path = 'a.py') =>
      configure({ 'costlint.toml': text }).forFile(path).enabled('search/uncached-pipeline', 'ray')
    assert.equal(enabled('preview = true'), true)
    assert.equal(enabled('preview = true\nignore = ["search"]'), false)
    assert.equal(enabled('[[overrides]]\npaths = ["lab/"]\npreview = true'), false)
    assert.equal(enabled('[[overrides]]\npaths = ["lab/"]\npreview = true', 'lab/a.py'), true)
  })

  it('knows the rules of the linter itself', () => {
    assert.deepEqual(problems('ignore = ["costlint/unused-suppression"]'), [])
    const configuration = configure({ 'costlint.toml': 'ignore = ["costlint"]' })
    assert.equal(configuration.forFile('a.py').enabled('costlint/unused-suppression'), false)
    assert.equal(configure({}).forFile('a.py').enabled('costlint/unused-suppression'), true)
  })
})
