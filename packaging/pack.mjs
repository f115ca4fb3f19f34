/**
 * Makes what is released: `node packaging/pack.mjs [npm] [wheel] [vsix] [sbom] [--out FOLDER]`, without names all of
 * it, in `release/`, with a list of checksums. The same sources give the same bytes.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { npm, stage } from './stage.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Bytes; more would be noticed by whoever installs it. */
const largest = { '.tgz': 4 << 20, '.whl': 4 << 20, '.vsix': 3 << 20 }

const makers = {
  npm: () =>
    run(npm(), ['pack', staged(), '--pack-destination', out, '--ignore-scripts', '--silent'], {
      shell: process.platform === 'win32',
    }),
  wheel: () =>
    run(process.platform === 'win32' ? 'python' : 'python3', [
      join(root, 'packaging', 'wheel.py'),
      staged(),
      out,
    ]),
  vsix: () =>
    run(
      process.execPath,
      [
        join(root, 'node_modules', '@vscode', 'vsce', 'vsce'),
        'package',
        '--no-dependencies',
        '--out',
        join(out, `costlint-${version}.vsix`),
      ],
      // The day that npm gives to all files of a package.
      { env: { ...process.env, SOURCE_DATE_EPOCH: '499162500' } },
    ),
  sbom: () =>
    run(
      process.execPath,
      [
        join(root, 'node_modules', '@cyclonedx', 'cyclonedx-esbuild', 'bin', 'cyclonedx-esbuild-cli.js'),
        '--output-reproducible',
        '--output-file',
        join(out, `costlint-${version}.cdx.json`),
        metafile,
      ],
      { stdio: 'pipe' },
    ),
}

const { values, positionals: asked } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'release') } },
  allowPositionals: true,
})
const out = resolve(values.out)
const unknown = asked.filter((name) => !Object.hasOwn(makers, name))
if (unknown.length > 0)
  throw new Error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(makers).join(', ')}`)

const temporary = mkdtempSync(join(tmpdir(), 'costlint pack '))
const metafile = join(temporary, 'metafile.json')
let stagedIn
try {
  mkdirSync(out, { recursive: true })
  run(process.execPath, [join(root, 'scripts', 'build.mjs'), metafile])
  for (const name of asked.length === 0 ? Object.keys(makers) : asked) makers[name]()
  finish()
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

function staged() {
  if (stagedIn === undefined) {
    stagedIn = join(temporary, 'costlint')
    stage(root, stagedIn)
  }
  return stagedIn
}

function run(command, args, options = {}) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], ...options })
}

function finish() {
  const names = readdirSync(out)
    .filter((name) => name.startsWith(`costlint-${version}`))
    .sort()
  const sums = names.map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex')}  ${name}\n`,
  )
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  for (const name of names) {
    const { size } = statSync(join(out, name))
    console.log(`${relative(process.cwd(), join(out, name))}  ${(size / 2 ** 20).toFixed(1)} MB`)
    const limit = largest[/\.\w+$/.exec(name)[0]]
    if (limit !== undefined && size > limit) throw new Error(`${name} is larger than ${limit >> 20} MB`)
  }
}
