/** Writes the lists of readers and rules; run by `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { indexes } from './indexes.js'

for (const [path, text] of Object.entries(indexes('.'))) writeFileSync(path, text)
