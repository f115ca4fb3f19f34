/**
 * `npm run fuzz -- --minutes N [--seed S] [--only PATTERN] [--tally FILE]`: cases by chance for each target, for its share of the
 * time. A case that fails is made as small as it gets, and printed with the seed that makes it again. A tally (`test/fuzz/tally.tsv`)
 * gets a line for each target.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { corpus } from './corpus.js'
import { targets } from './targets.js'
import { watch } from './watchdog.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    only: { type: 'string' },
    tally: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const only = new RegExp(values.only ?? '')
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- --minutes N [--seed S] [--only PATTERN] [--tally FILE]')
  process.exit(2)
}

const dog = watch()
fc.configureGlobal({ asyncBeforeEach: dog.alive })
const all = (await targets(corpus(process.cwd()))).filter(({ name }) => only.test(name))
const commit =
  values.tally === undefined
    ? ''
    : execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
let failures = 0
let cases = 0
console.log(`seed ${seed}`)
for (const { name, property } of all) {
  dog.begin(name)
  const result = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: (minutes * 60_000) / all.length,
    markInterruptAsFailure: false,
  })
  cases += result.numRuns
  if (values.tally !== undefined) {
    const date = new Date().toISOString().slice(0, 10)
    const outcome = result.failed ? 'failed' : 'held'
    appendFileSync(values.tally, `${[date, commit, seed, name, result.numRuns, outcome].join('\t')}\n`)
  }
  console.log(`${result.failed ? 'FAILED' : 'held  '} ${name}: ${result.numRuns} cases`)
  if (!result.failed) continue
  failures++
  console.log(JSON.stringify(result.counterexample))
  console.log(result.errorInstance)
}
dog.end()
console.log(`${cases} cases, ${failures} of ${all.length} failed, seed ${seed}`)
process.exit(failures === 0 ? 0 : 1)
