/** How many findings survive when their case is written another way. See README.md. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawCases } from './drawn-cases.js'
import { CannotRewrite, rewrite } from './rewrite.js'
import { list, type Outcome, outcomes, report, tally } from './survival.js'

const usage =
  'usage: npm run variations -- [--rule PREFIX] [--only NAME,NAME] [--per-rule N] [--chains N] [--clean] [--seed S] [--losses] [--write FOLDER]'

function options() {
  try {
    return parseArgs({
      options: {
        rule: { type: 'string', default: '' },
        only: { type: 'string', default: '' },
        'per-rule': { type: 'string', default: '3' },
        chains: { type: 'string', default: '0' },
        clean: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        losses: { type: 'boolean', default: false },
        write: { type: 'string' },
      },
    }).values
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    process.exit(2)
  }
}

/** Writes the files of a variation, so that `costlint why` can be asked about them. */
function write(folder: string, { variation }: Outcome): void {
  const name = [...variation.rewritings, variation.case].join('+').replace(/[/:]/g, '-')
  for (const [path, text] of Object.entries(variation.files)) {
    const file = join(folder, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const values = options()
const perRule = Number(values['per-rule'])
const chains = Number(values.chains)
if (!(perRule > 0) || !(chains >= 0)) {
  console.error(usage)
  process.exit(2)
}
const { rule, seed, clean } = values
const only = values.only.split(',').filter(Boolean)
const cases = drawCases(fileURLToPath(new URL('../../test/rules', import.meta.url)), {
  rule,
  perRule,
  clean,
  seed,
})
console.log(`${cases.length} cases ${clean ? 'without a finding' : 'with a finding'}, seed ${seed}`)
try {
  const found: Outcome[] = []
  for await (const one of outcomes(cases, rewrite(cases, { only, chains, seed }))) found.push(one)
  const wanted = found.filter(({ fate }) => (clean ? fate === 'new' : fate !== 'seen'))
  if (clean) console.log(`${wanted.length} new findings`)
  else console.log(report(tally(found)))
  if (wanted.length > 0 && (clean || values.losses)) console.log(`\n${list(wanted)}`)
  if (values.write !== undefined) for (const one of wanted) write(values.write, one)
} catch (error) {
  if (!(error instanceof CannotRewrite)) throw error
  console.error(error.message)
  process.exitCode = 1
}
