/** Writes docs/accuracy.md and its plots: `npm run accuracy`. */
import { writeFileSync } from 'node:fs'
import { accuracy } from './accuracy/page.js'

for (const [path, text] of Object.entries(accuracy('.'))) writeFileSync(path, text)
