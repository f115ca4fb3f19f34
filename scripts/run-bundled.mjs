/**
 * Bundles a program with the engine as it is installed, and runs it: `node scripts/run-bundled.mjs bench/project.ts
 * FOLDER…`. Bundled code starts faster than the sources do, and has workers.
 */
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const path = (relative) => fileURLToPath(new URL(relative, root))
const [entry, ...args] = process.argv.slice(2)
const name = basename(entry, '.ts')

// The worker is looked for beside the bundle, the grammars two folders up.
await build({
  absWorkingDir: path('.'),
  entryPoints: { [name]: path(entry), worker: path('server/src/host/node/worker.ts') },
  outdir: path(`.tmp/${name}`),
  bundle: true,
  minify: true,
  mainFields: ['module', 'main'],
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  // Answers are kept under the name of the engine; one of a bench is its own.
  define: {
    COSTLINT_ENGINE: JSON.stringify(`0.0.0-${Date.now().toString(16).padStart(12, '0').slice(-12)}`),
  },
  logLevel: 'warning',
  banner: {
    js: "import{createRequire as costlintRequire}from'node:module';const require=costlintRequire(import.meta.url);",
  },
})
const { status } = spawnSync(process.execPath, [path(`.tmp/${name}/${name}.js`), ...args], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
