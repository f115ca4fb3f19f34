import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { createConfiguration } from '../../server/src/host/configuration.js'
import { changesProject, choiceOf, defaultSettings, readSettings } from '../../server/src/lsp/settings.js'

const rules = [{ name: 'search/grid-search' }, { name: 'data/no-loader-workers' }]

/** What the engine makes of what an editor sends. */
function configured(sent: unknown) {
  return createConfiguration({ files: [], problems: [], rules, choice: choiceOf(readSettings(sent)) })
}

describe('settings of an editor', () => {
  it('decide severity, hardware, region and discount', () => {
    const configuration = configured({
      severity: { 'search/grid-search': 'error', data: 'off' },
      hardware: ' A100-80GB ',
      region: 'eu-west-1',
      discount: 0.2,
    })
    const { ruleOptions } = configuration
    assert.equal(ruleOptions.defaultHardware, 'A100-80GB')
    assert.equal(ruleOptions.prices.region, 'eu-west-1')
    assert.equal(ruleOptions.prices.discount, 0.2)
    const file = configuration.forFile('a.py')
    assert.equal(file.severity('search/grid-search'), 'error')
    assert.equal(file.enabled('data/no-loader-workers'), false)
  })

  it('fall back where what was sent makes no sense', () => {
    const sent = { severity: { a: 'loud', b: 3 }, hardware: 7, region: null, discount: 1.5, run: 'never' }
    const settings = readSettings(sent)
    assert.deepEqual({ ...settings, severity: {} }, defaultSettings)
    assert.deepEqual(choiceOf(settings), choiceOf(defaultSettings))
  })

  it('have the project read again only where the engine must know', () => {
    const changed = (sent: object) => changesProject(defaultSettings, readSettings(sent))
    assert.equal(changed({ region: 'eu-west-1' }), true)
    assert.equal(changed({ severity: { search: 'hint' } }), true)
    assert.equal(changed({ showHints: false, codeLens: false }), false)
  })
})
