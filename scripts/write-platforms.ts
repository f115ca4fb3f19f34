/** Writes docs/platforms.md, docs/checklist.md, the schema of the configuration, the tables on the pages of the rules, the page that lists them, and docs/accuracy.md; run by `npm run generate`, after the lists are written. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { checklistPage } from '../server/src/checklist/item-page.js'
import { readers } from '../server/src/readers/index.js'
import { rules } from '../server/src/rules/index.js'
import { accuracy } from './accuracy/page.js'
import { configurationSchema } from './configuration-schema.js'
import { newRulePage } from './new-rule-page.js'
import { platforms } from './platforms.js'
import { ruleIndex } from './rule-index.js'
import { withTable } from './rule-tables.js'

writeFileSync('docs/platforms.md', platforms(readers))
writeFileSync('docs/checklist.md', checklistPage(rules))
writeFileSync('schemas/costlint.schema.json', configurationSchema())
const pages = new Map<string, string>()
for (const rule of rules) {
  const { name } = rule
  const path = `docs/rules/${name}.md`
  const before = existsSync(path) ? readFileSync(path, 'utf8') : newRulePage(rule)
  const page = withTable(before, name, readers)
  writeFileSync(path, page)
  pages.set(name, page)
}
writeFileSync('docs/rules/index.md', ruleIndex(rules, readers, pages))
for (const [path, text] of Object.entries(accuracy('.'))) writeFileSync(path, text)
