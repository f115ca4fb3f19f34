/**
 * Installs a real VS Code (code-server) for the tests, once: it needs Node 24, which is installed beside it first,
 * and compiles native modules, which takes a minute or two. Nothing is done when it is there already.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = fileURLToPath(new URL('.', import.meta.url))
export const node24 = join(here, 'node_modules', 'node', 'bin', 'node')

const stamp = join(here, 'node_modules', '.installed')
const lock = readFileSync(join(here, 'package-lock.json'), 'utf8')

/** Without what an outer `npm run` says of itself: an inner one would pass it on, the wrong version of Node included. */
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

function run(command, options, environment = clean) {
  console.log(`test/vscode: ${command} ${options.join(' ')}`)
  const { status } = spawnSync(command, options, { cwd: here, stdio: 'inherit', env: environment })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')} ended with ${status}`)
}

export function setup() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  // The scripts of code-server refuse to run on any other Node, so its files come first, then Node, then the scripts.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  run('npm', ['rebuild', 'node', '--foreground-scripts'])
  const path = `${join(here, 'node_modules', 'node', 'bin')}${delimiter}${process.env.PATH}`
  run('npm', ['rebuild', 'code-server', '--foreground-scripts'], { ...clean, PATH: path })
  writeFileSync(stamp, lock)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup()
