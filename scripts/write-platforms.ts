/** Writes docs/platforms.md, the list of rules in the README, and the tables on the pages of the rules; run by `npm run generate`, after the lists are written. */
import { readFileSync, writeFileSync } from 'node:fs'
import { readers } from '../server/src/readers/index.js'
import { rules } from '../server/src/rules/index.js'
import { platforms } from './platforms.js'
import { withRules } from './rule-list.js'
import { withTable } from './rule-tables.js'

writeFileSync('docs/platforms.md', platforms(readers))
writeFileSync('README.md', withRules(readFileSync('README.md', 'utf8'), rules))
for (const { name } of rules) {
  const path = `docs/rules/${name}.md`
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), name, readers))
}
