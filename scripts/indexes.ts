/** The lists of readers and rules, from the files that define them. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

function* files(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}

const specifier = (folder: string, path: string): string =>
  `./${relative(folder, path).replaceAll('\\', '/').replace(/\.ts$/, '.js')}`

/** `export const dstackReader = defineReader({…})`, or made by a function that defines one. */
function readers(folder: string): string {
  const found: { from: string; names: string[] }[] = []
  for (const path of files(folder)) {
    const text = readFileSync(path, 'utf8')
    const names = [...text.matchAll(/^export const (\w+)(?:: Reader)? = (?:defineReader|\w+Reader)\(/gm)]
    if (names.length > 0)
      found.push({ from: specifier(folder, path), names: names.map((one) => one[1]!).sort() })
  }
  const imports = found.map(({ from, names }) => `import { ${names.join(', ')} } from '${from}'`)
  const list = found.flatMap(({ names }) => names)
  return `/** Every reader, made by \`npm run generate\`. The byte pre-filter of the project is derived from their triggers. */

${imports.join('\n')}
import type { Reader } from './reader.js'

export const readers: readonly Reader[] = [
${list.map((name) => `  ${name},`).join('\n')}
]
`
}

/** `export default defineRule({…})`, named after its file. */
function rules(folder: string): string {
  const found: { from: string; name: string }[] = []
  for (const path of files(folder)) {
    if (!/^export default defineRule\(/m.test(readFileSync(path, 'utf8'))) continue
    const name = basename(path, '.ts').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    found.push({ from: specifier(folder, path), name })
  }
  return `/** Every rule, made by \`npm run generate\`. */

${found.map(({ from, name }) => `import ${name} from '${from}'`).join('\n')}
import type { Rule } from './rule.js'

export const rules: readonly Rule[] = [
${found.map(({ name }) => `  ${name},`).join('\n')}
]
`
}

/** The text of each list, by its path from the root of the repository; not formatted. */
export function indexes(root: string): Record<string, string> {
  const source = join(root, 'server/src')
  return {
    'server/src/readers/index.ts': readers(join(source, 'readers')),
    'server/src/rules/index.ts': rules(join(source, 'rules')),
  }
}
