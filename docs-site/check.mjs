/**
 * Looks at the built site as a reader does: every link and anchor leads somewhere, the search finds a rule, nothing is
 * fetched from elsewhere. Screenshots in light and dark go to `screenshots/`. Needs Chromium.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, extname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const here = dirname(fileURLToPath(import.meta.url))
const site = join(here, '../release/docs')
const repository = join(here, '..')
const { repository: home } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
const source = `${home.url.replace(/\.git$/, '')}/blob/main/`

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : [path]
  })
}

/** Links of all pages that lead nowhere. */
function deadLinks() {
  const pages = new Map()
  for (const path of files(site))
    if (path.endsWith('.html')) pages.set(relative(site, path), readFileSync(path, 'utf8'))
  const ids = new Map(
    [...pages].map(([name, html]) => [
      name,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map((one) => one[1])),
    ]),
  )
  const dead = []
  for (const [name, html] of pages) {
    if (name === '404.html') continue
    for (const [, given] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      const link = given.replaceAll('&amp;', '&')
      if (link.startsWith(source)) {
        // A file of the repository.
        if (!existsSync(join(repository, link.slice(source.length).split('#')[0])))
          dead.push(`${name}: ${link}`)
        continue
      }
      if (/^[a-z]+:/.test(link)) continue
      const [path, anchor] = link.split('#')
      const target =
        path === '' ? name : path.startsWith('/') ? path.slice(1) : posix.join(dirname(name), path)
      const file = target === '' || target.endsWith('/') ? `${target}index.html` : target
      if (!existsSync(join(site, file))) dead.push(`${name}: ${link}`)
      else if (anchor && ids.has(file) && !ids.get(file).has(decodeURIComponent(anchor)))
        dead.push(`${name}: ${link}`)
    }
  }
  return { pages: pages.size, dead }
}

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    let path = join(site, decodeURIComponent(pathname))
    if (existsSync(path) && statSync(path).isDirectory()) path = join(path, 'index.html')
    if (!existsSync(path)) return response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' })
      .end(readFileSync(path))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function look() {
  const server = await serve()
  const address = `http://127.0.0.1:${server.address().port}`
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  mkdirSync(join(here, 'screenshots'), { recursive: true })
  try {
    for (const theme of ['light', 'dark']) {
      const context = await browser.newContext({ colorScheme: theme, viewport: { width: 1280, height: 900 } })
      const page = await context.newPage()
      const foreign = []
      page.on('request', (request) => {
        if (!request.url().startsWith(address) && !request.url().startsWith('data:'))
          foreign.push(request.url())
      })
      const errors = []
      page.on('pageerror', (error) => errors.push(error.message))
      const shot = (name) => page.screenshot({ path: join(here, 'screenshots', `${name}-${theme}.png`) })
      await page.goto(`${address}/`)
      await page.locator('h1:has-text("CostLint")').waitFor()
      await shot('home')
      // The search works without any service.
      await page.locator('#local-search button').first().click()
      await page.locator('.VPLocalSearchBox input').fill('grid search halving')
      const found = page.locator('.VPLocalSearchBox .result:has-text("search/grid-search")').first()
      await found.waitFor()
      await shot('search')
      await found.click()
      await page.locator('h1:has-text("search/grid-search")').waitFor()
      await shot('rule')
      await page.goto(`${address}/rules/`)
      await page.locator('table').first().waitFor()
      await shot('rules')
      await page.setViewportSize({ width: 390, height: 800 })
      await page.goto(`${address}/install.html`)
      await page.locator('h1').first().waitFor()
      await shot('narrow')
      assert.deepEqual(foreign, [])
      assert.deepEqual(errors, [])
      await context.close()
      console.log(`  the site: search and pages (${theme})`)
    }
  } finally {
    await browser.close()
    server.close()
  }
}

const { pages, dead } = deadLinks()
assert.deepEqual(dead, [])
console.log(`  the site: ${pages} pages, no dead link`)
await look()
