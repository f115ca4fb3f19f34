/**
 * `npm run fuzz -- --minutes N [--seed S] [--only WORD]`: cases by chance for each target, for its share of the time. A case that
 * fails is made as small as it gets, and printed with the seed that makes it again.
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { corpus } from './corpus.js'
import { targets } from './targets.js'
import { watch } from './watchdog.js'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- --minutes N [--seed S] [--only WORD]')
  process.exit(2)
}

const dog = watch()
fc.configureGlobal({ asyncBeforeEach: dog.alive })
const all = (await targets(corpus(process.cwd()))).filter(({ name }) => name.includes(values.only ?? ''))
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
  console.log(`${result.failed ? 'FAILED' : 'held  '} ${name}: ${result.numRuns} cases`)
  if (!result.failed) continue
  failures++
  console.log(JSON.stringify(result.counterexample))
  console.log(result.errorInstance)
}
dog.end()
console.log(`${cases} cases, ${failures} of ${all.length} failed, seed ${seed}`)
process.exit(failures === 0 ? 0 : 1)
