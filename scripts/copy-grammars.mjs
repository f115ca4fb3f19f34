/**
 * Copies the parser runtime and the grammars from node_modules to grammars/, after checking that each is exactly the
 * file that grammars/checksums.json names. `--record` writes that file anew after an upgrade.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const list = new URL('grammars/checksums.json', root)

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const readJson = (url) => JSON.parse(readFileSync(url, 'utf8'))

const recorded = readJson(list)
const record = process.argv.includes('--record')
const problems = []

for (const [name, entry] of Object.entries(recorded)) {
  const source = new URL(`node_modules/${entry.package}/${entry.file}`, root)
  let version
  let bytes
  try {
    version = readJson(new URL(`node_modules/${entry.package}/package.json`, root)).version
    bytes = readFileSync(source)
  } catch (error) {
    problems.push(`${name}: ${entry.package} is not installed (${error.message}); run npm ci`)
    continue
  }
  const sum = sha256(bytes)
  if (record) {
    entry.version = version
    entry.sha256 = sum
  } else if (version !== entry.version) {
    problems.push(`${name}: ${entry.package} is ${version}, checksums.json says ${entry.version}`)
    continue
  } else if (sum !== entry.sha256) {
    problems.push(
      `${name}: ${entry.package}/${entry.file} has SHA-256 ${sum}, checksums.json says ${entry.sha256}`,
    )
    continue
  }
  writeFileSync(new URL(`grammars/${name}`, root), bytes)
}

if (problems.length > 0) {
  console.error(`grammars were not copied:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  console.error(
    'If the upgrade is meant, run `node scripts/copy-grammars.mjs --record` and review the change.',
  )
  process.exit(1)
}
if (record) writeFileSync(list, `${JSON.stringify(recorded, null, 2)}\n`)
