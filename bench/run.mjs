/** Bundles a benchmark with the engine as it is installed, and runs it: `node bench/run.mjs project FOLDER…`. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const path = (relative) => fileURLToPath(new URL(relative, root))
const [name, ...args] = process.argv.slice(2)

// The worker is looked for beside the bundle, the grammars two folders up.
await build({
  absWorkingDir: path('.'),
  entryPoints: { [name]: path(`bench/${name}.ts`), worker: path('server/src/project/node/worker.ts') },
  outdir: path('.tmp/bench'),
  bundle: true,
  minify: true,
  mainFields: ['module', 'main'],
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  logLevel: 'warning',
  banner: {
    js: "import{createRequire as costlintRequire}from'node:module';const require=costlintRequire(import.meta.url);",
  },
})
const { status } = spawnSync(process.execPath, [path(`.tmp/bench/${name}.js`), ...args], { stdio: 'inherit' })
process.exitCode = status ?? 1
