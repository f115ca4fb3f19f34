/**
 * `npm run stranger -- FOLDER [--minutes N] [--seed S] [--tally FILE]`: works on a copy of any repository, and compares every thirty steps.
 * A tally (`test/robustness/stranger.tsv`) gets a line for each run in which nothing was lost.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { Session } from './stranger.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    tally: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const first = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
const [folder] = positionals
if (folder === undefined || !(minutes > 0) || !Number.isInteger(first)) {
  console.error('usage: npm run stranger -- FOLDER [--minutes N] [--seed S] [--tally FILE]')
  process.exit(2)
}

/** Comparisons of one session. */
const rounds = 8
const end = Date.now() + minutes * 60_000
let steps = 0
let compared = 0
let findings = 0
const done: Record<string, number> = {}
for (let seed = first; Date.now() < end; seed++) {
  const session = new Session(folder, seed)
  try {
    await session.start()
    for (let round = 0; round < rounds && Date.now() < end; round++) {
      for (let step = 0; step < 30; step++, steps++) await session.act()
      findings += await session.compare()
      compared++
    }
  } catch (error) {
    console.error(`seed ${seed}, step ${steps}:`)
    throw error
  } finally {
    session.end()
    for (const [kind, count] of Object.entries(session.counts)) done[kind] = (done[kind] ?? 0) + count
  }
}
console.log(
  `${steps} steps, ${compared} comparisons of ${findings} findings, seeds from ${first}: nothing was lost`,
)
console.log(
  Object.entries(done)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', '),
)
if (values.tally !== undefined) {
  const date = new Date().toISOString().slice(0, 10)
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const figures = [date, commit, first, basename(folder), minutes, steps, compared, findings]
  appendFileSync(values.tally, `${figures.join('\t')}\n`)
}
