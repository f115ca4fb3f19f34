/**
 * Tests in a real VS Code: a suite inside its extension host (on Node, then in a web worker), and a browser that
 * installs the packaged extension and looks at it. `npm run test:vscode [host|web|look]`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { copyFixture, root, withFolder, withPage, withTestServer } from './harness.mjs'
import { look } from './look.mjs'
import { here, setup } from './setup.mjs'

const minutes = 60_000

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
    define: { 'process.env.NODE_DEBUG': 'false', global: 'globalThis' },
    logLevel: 'warning',
  })
}

/** Runs the suite inside the extension host; rejects when a test fails. */
function suite(kind) {
  return withFolder((folder) =>
    withTestServer(folder, (port) =>
      withPage(async (page) => {
        const project = copyFixture(folder)
        const authority = `vscode-remote://127.0.0.1:${port}`
        const payload = [
          ['extensionDevelopmentPath', authority + root.replace(/\/$/, '')],
          ['extensionTestsPath', `${authority}${join(here, '.out', kind === 'web' ? 'web' : 'index')}`],
        ]
        if (kind === 'web') payload.push(['extensionDevelopmentKind', 'web'])
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
        await page.exposeFunction('codeAutomationLog', (_type, args) => {
          console.log(
            ...args.map((argument) => (typeof argument === 'string' ? argument : JSON.stringify(argument))),
          )
        })
        if (process.env.DEBUG_VSCODE) page.on('console', (message) => console.log('[page]', message.text()))
        await page.goto(
          `http://127.0.0.1:${port}/?folder=${encodeURIComponent(project)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
        )
        await ended
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
if (wanted('host')) await suite('node')
if (wanted('web')) await suite('web')
if (wanted('look')) await look()
