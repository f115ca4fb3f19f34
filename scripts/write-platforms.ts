/** Writes docs/platforms.md; run by `npm run generate`, after the lists are written. */
import { writeFileSync } from 'node:fs'
import { readers } from '../server/src/readers/index.js'
import { platforms } from './platforms.js'

writeFileSync('docs/platforms.md', platforms(readers))
