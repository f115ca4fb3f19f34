/**
 * Tests in a real VS Code: a suite inside its extension host (on Node, then in a web worker), and a browser that
 * installs the packaged extension and looks at it. `npm run test:vscode [host|web|look|pictures]`.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'node:util'
import { build } from 'esbuild'
import { copyFixture, root, withFolder, withPage, withTestServer } from './harness.mjs'
import { look } from './look.mjs'
import { pictures } from './pictures.mjs'
import { here, setup } from './setup.mjs'

const minutes = 60_000

/** mocha's build for browsers would take the bundle's own `module` for its own. */
const mochaForBrowsers = {
  name: 'mocha for browsers',
  setup(bundler) {
    bundler.onLoad({ filter: /mocha[\\/]mocha\.js$/ }, ({ path }) => ({
      contents: `(function (module, exports, define) {\n${readFileSync(path, 'utf8')}\n}).call(globalThis)`,
    }))
  },
}

/** Bundles the suite: the extension host loads CommonJS. */
async function bundleSuite() {
  await build({
    entryPoints: [join(here, 'host', 'index.ts')],
    outfile: join(here, '.out', 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  })
  await build({
    entryPoints: [join(here, 'host', 'web.ts')],
    outfile: join(here, '.out', 'web.js'),
    bundle: true,
    platform: 'browser',
    format: 'cjs',
    external: ['vscode'],
    plugins: [mochaForBrowsers],
    define: { 'process.env.NODE_DEBUG': 'false', global: 'globalThis' },
    logLevel: 'warning',
  })
}

/**
 * The extension as a browser gets it: the workbench prefers the entry for Node where there is one and a machine to
 * run it, so the copy has only the other.
 */
function webExtension() {
  const folder = join(here, '.out', 'web-extension')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['dist', 'grammars', 'syntaxes', 'client/icon.png', 'client/view.svg', 'l10n']) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  for (const name of ['package.nls.json', 'package.nls.de.json']) cpSync(join(root, name), join(folder, name))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { main: _main, extensionKind: _kind, type: _type, ...rest } = manifest
  writeFileSync(join(folder, 'package.json'), JSON.stringify(rest))
  cpSync(join(here, '.out', 'web.js'), join(folder, 'test', 'web.js'))
  return folder
}

/** Runs the suite inside the extension host; rejects when a test fails. */
function suite(kind) {
  return withFolder((folder) =>
    withTestServer(folder, (port) =>
      withPage(async (page) => {
        const project = copyFixture(folder)
        const authority = `vscode-remote://127.0.0.1:${port}`
        const extension = kind === 'web' ? webExtension() : root.replace(/\/$/, '')
        const tests = kind === 'web' ? join(extension, 'test', 'web.js') : join(here, '.out', 'index.js')
        const payload = [
          ['extensionDevelopmentPath', authority + extension],
          ['extensionTestsPath', authority + tests],
        ]
        const ended = new Promise((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error('the suite did not end within 4 minutes')),
            4 * minutes,
          )
          page.exposeFunction('codeAutomationExit', (code) => {
            clearTimeout(timer)
            if (code === 0) resolve()
            else reject(new Error(`the suite in the ${kind} extension host failed (${code})`))
          })
        })
        const log = []
        await page.exposeFunction('codeAutomationLog', (_type, args) => {
          const text = format(...args)
          if (/^\s*([✔✖]|\d+\) |\d+ (passing|failing)|CostLint)/.test(text)) console.log(text)
          // The workbench has much to say about services that it does not find here.
          else if (!text.startsWith('[')) log.push(text)
        })
        if (process.env.DEBUG_VSCODE) page.on('console', (message) => console.log('[page]', message.text()))
        await page.goto(
          `http://127.0.0.1:${port}/?folder=${encodeURIComponent(project)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
        )
        await ended.catch((error) => {
          console.log(log.slice(-80).join('\n'))
          throw error
        })
      }),
    ),
  )
}

const asked = process.argv.slice(2)
const wanted = (name) => asked.length === 0 || asked.includes(name)

setup()
mkdirSync(join(here, '.out'), { recursive: true })
execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' })
await bundleSuite()
const suites = { host: () => suite('node'), web: () => suite('web'), look, pictures }
for (const [name, runSuite] of Object.entries(suites)) {
  if (!wanted(name)) continue
  try {
    await runSuite()
  } catch (error) {
    console.log(error.message)
    process.exitCode = 1
  }
}
