/** Starts a real VS Code in Chromium: its server on Node 24, its workbench driven by playwright-core. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { here, node24 } from './setup.mjs'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const screenshots = join(here, 'screenshots')
const codeServer = join(here, 'node_modules', 'code-server')

/** A folder that is gone after `use`. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'costlint-vscode-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** A fresh copy of the files that the tests open. */
export function copyFixture(folder) {
  const target = join(folder, 'project')
  cpSync(join(here, 'fixture'), target, { recursive: true })
  return target
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Starts a server script of code-server and resolves when it says that it listens. */
async function startServer(makeArguments, ready, use) {
  const port = await freePort()
  const server = spawn(node24, makeArguments(port), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', CODE_SERVER_PARENT_PID: undefined },
    detached: true,
  })
  const log = []
  try {
    await new Promise((resolve, reject) => {
      const read = (data) => {
        log.push(String(data))
        if (ready.test(String(data))) resolve()
      }
      server.stdout.on('data', read)
      server.stderr.on('data', read)
      server.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log.join('')}`)))
    })
    return await use(port)
  } catch (error) {
    error.message += `\n--- server ---\n${log.join('').slice(-3000)}`
    throw error
  } finally {
    // It starts processes of its own: the whole group goes.
    try {
      process.kill(-server.pid, 'SIGKILL')
    } catch {}
  }
}

/** The server of VS Code itself, which can run a test suite inside its extension host. */
export function withTestServer(folder, use) {
  const make = (port) => [
    join(codeServer, 'lib', 'vscode', 'out', 'server-main.js'),
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...['--accept-server-license-terms', '--enable-smoke-test-driver', '--disable-workspace-trust'],
    ...['--disable-telemetry', '--server-data-dir', join(folder, 'server')],
    ...['--extensions-dir', join(folder, 'extensions')],
  ]
  return startServer(make, /Extension host agent listening|Server bound to/, use)
}

/** Nothing but the editor on the screenshots. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'editor.minimap.enabled': false,
  'workbench.colorTheme': 'Default Light Modern',
}

/** code-server with an extension installed from its package, as a person would. */
export async function withCodeServer(folder, vsix, project, settings, use) {
  mkdirSync(join(folder, 'user', 'User'), { recursive: true })
  writeFileSync(join(folder, 'user', 'User', 'settings.json'), JSON.stringify({ ...quiet, ...settings }))
  const entry = join(codeServer, 'out', 'node', 'entry.js')
  const extensions = join(folder, 'extensions')
  await new Promise((resolve, reject) => {
    const install = spawn(
      node24,
      [
        entry,
        '--install-extension',
        vsix,
        '--extensions-dir',
        extensions,
        '--user-data-dir',
        join(folder, 'user'),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let log = ''
    install.stdout.on('data', (data) => (log += data))
    install.stderr.on('data', (data) => (log += data))
    install.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`installing failed:\n${log}`))))
  })
  const make = (port) => [
    entry,
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-workspace-trust'],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ...['--user-data-dir', join(folder, 'user'), '--extensions-dir', extensions, project],
  ]
  return startServer(make, /HTTP server listening on/, use)
}

function chromiumPath() {
  const found = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path !== undefined && existsSync(path))
  if (found === undefined)
    throw new Error('Chromium is not installed (apt-get install chromium), see CONTRIBUTING.md')
  return found
}

export async function withPage(use) {
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    try {
      return await use(page)
    } catch (error) {
      mkdirSync(screenshots, { recursive: true })
      await page.screenshot({ path: join(screenshots, 'failure.png') }).catch(() => {})
      throw error
    }
  } finally {
    await browser.close()
  }
}
