/** The bundle for the tests that run it as it is installed, built where it is older than what it is made of. */
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
const root = fileURLToPath(new URL('../', import.meta.url))

/** The command line of the bundle. It starts in a third of the time that the sources take. */
export const commandLine: string = join(root, 'dist', 'cli.js')

const madeOf = ['client', 'docs/rules', 'grammars', 'packaging', 'scripts', 'server', 'package-lock.json']

let isFresh = false
const bundles = new Map<string, string>()

/** A script in TypeScript as one file that Node runs by itself. */
export function bundled(script: string): string {
  let bundle = bundles.get(script)
  if (bundle === undefined) {
    bundle = join(root, '.tmp', 'tests', `${basename(script, '.ts')}-${process.pid}.mjs`)
    buildSync({
      entryPoints: [script],
      outfile: bundle,
      bundle: true,
      mainFields: ['module', 'main'],
      platform: 'node',
      target: 'node20',
      format: 'esm',
      define: { COSTLINT_VERSION: JSON.stringify(version) },
      banner: {
        js: "import{createRequire as costlintRequire}from'node:module';const require=costlintRequire(import.meta.url);",
      },
    })
    bundles.set(script, bundle)
    process.once('exit', () => rmSync(bundle!, { force: true }))
  }
  return bundle
}

export function build(): void {
  if (isFresh) return
  // The last file that a build writes, and writes in any case.
  const built = timeOf(join(root, 'dist', 'rule-pages.json'))
  if (madeOf.some((name) => newestIn(join(root, name)) > built))
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'pipe' })
  isFresh = true
}

/** When something last changed: a file, or a folder with all that it holds. Milliseconds since 1970. */
function newestIn(path: string): number {
  const own = timeOf(path)
  if (!statSync(path).isDirectory()) return own
  // The build itself writes the grammars.
  return readdirSync(path)
    .filter((name) => !name.endsWith('.wasm'))
    .reduce((newest, name) => Math.max(newest, newestIn(join(path, name))), own)
}

/** 0: there is none. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
