/** Makes the site in `release/docs`. `npm run docs` installs what that needs. */
import { cpSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vitepress'

const here = dirname(fileURLToPath(import.meta.url))
const pages = join(here, 'pages')
rmSync(pages, { recursive: true, force: true })
cpSync(join(here, '../docs'), pages, { recursive: true })
await build(here)
