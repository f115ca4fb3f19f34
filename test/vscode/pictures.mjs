/**
 * What a person sees first, in light and dark: view, status, hover, light bulb, report, and the pictures of the
 * walkthrough. Each step waits for what it shows, so it is a test as well.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, screenshots, withCodeServer, withFolder, withPage } from './harness.mjs'
import { clickFinding, openMenu, packageExtension } from './look.mjs'

const themes = { light: 'Default Light Modern', dark: 'Default Dark Modern' }
/** The extension's own pictures are drawn anew only when asked. */
const walkthrough = process.env.UPDATE_PICTURES === '1' ? join(root, 'client', 'walkthrough') : screenshots

export async function pictures() {
  mkdirSync(screenshots, { recursive: true })
  const vsix = packageExtension()
  for (const [name, theme] of Object.entries(themes)) await inTheme(name, theme, vsix)
  console.log('  pictures: all seen\n  1 passing')
}

function inTheme(name, theme, vsix) {
  return withFolder((folder) => {
    const project = join(folder, 'leaves')
    cpSync(join(root, 'examples'), project, { recursive: true })
    const settings = { 'workbench.colorTheme': theme, 'window.autoDetectColorScheme': false }
    return withCodeServer(folder, vsix, project, settings, (port) =>
      withPage((page) =>
        walk(page, name, folder, `http://127.0.0.1:${port}/?folder=${encodeURIComponent(project)}`),
      ),
    )
  })
}

/** The server of the extension that is installed below this folder. */
function serverProcess(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(join(folder, 'extensions')) && command.includes('dist/server.js')
      } catch {
        return false
      }
    })
}

async function walk(page, theme, folder, address) {
  const shot = (what) => page.screenshot({ path: join(screenshots, `${what}-${theme}.png`) })
  /** A part of the window for the walkthrough, once. */
  const picture = async (what, clip) => {
    if (theme !== 'light') return
    const png = await page.screenshot({ clip, type: 'png' })
    writeFileSync(join(walkthrough, `${what}.webp`), await asWebp(page, png))
  }
  const seen = (what, selector, options = {}) => {
    console.log(`  pictures: ${what} (${theme})`)
    return page
      .locator(selector)
      .first()
      .waitFor({ timeout: 60_000, ...options })
  }
  const run = async (command, result) => {
    const row = page.locator(`.quick-input-list .monaco-list-row:has-text("${command}")`).first()
    // A page that takes the focus at that moment closes it again: a person presses once more.
    for (let attempt = 0; attempt < 10; attempt++) {
      await page.keyboard.press('F1')
      await page.keyboard.type(command)
      const shown = await row.waitFor({ state: 'visible', timeout: 5_000 }).then(
        () => true,
        () => false,
      )
      if (shown) await page.keyboard.press('Enter')
      // What the list is closed over does not get the key; then what the command opens does not come.
      const done =
        shown &&
        (result === undefined ||
          (await page
            .locator(result)
            .first()
            .waitFor({ timeout: 10_000 })
            .then(
              () => true,
              () => false,
            )))
      if (done) break
      // On some pages the key means "back": it is for the list alone.
      if (await page.locator('.quick-input-widget').isVisible()) await page.keyboard.press('Escape')
    }
    console.log(`  pictures: “${command}” (${theme})`)
  }
  /** Asks a command for what it lists; a page that takes the focus meanwhile closes the list, so a person asks once more. */
  const search = async (command, listed, words, found) => {
    const row = page.locator(`.quick-input-list .monaco-list-row${found}`).first()
    for (let attempt = 0; attempt < 10; attempt++) {
      await run(command)
      await page
        .locator(`.quick-input-list .monaco-list-row:has-text("${listed}")`)
        .first()
        .waitFor({ timeout: 10_000 })
        .catch(() => undefined)
      await page.keyboard.type(words)
      const shown = await row.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      )
      if (shown) break
      await page.keyboard.press('Escape')
    }
    await seen(`“${words}”`, `.quick-input-list .monaco-list-row${found}`)
  }
  const open = async (file, line) => {
    const tab = page.locator(`.tab.active:has-text("${file}")`).first()
    // The list is made again while files are found, and a page that takes the focus closes it: a person tries once more.
    for (let attempt = 0; attempt < 10; attempt++) {
      await page.keyboard.press('Control+p')
      await page.keyboard.type(file)
      await seen(file, `.quick-input-list .monaco-list-row.focused:has-text("${file}")`, {
        timeout: 5_000,
      }).catch(() => undefined)
      await page.keyboard.press('Enter')
      const isOpen = await tab.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      )
      if (isOpen) break
      await page.keyboard.press('Escape')
    }
    await seen(`its tab`, `.tab.active:has-text("${file}")`)
    await page.keyboard.press('Control+p')
    await page.keyboard.type(`:${line}`)
    await seen(`line ${line}`, `.quick-input-list .monaco-list-row:has-text("${line}")`)
    await page.keyboard.press('Enter')
  }

  await page.goto(address)
  await seen('the workbench', '.monaco-workbench .explorer-folders-view')

  // Nothing is open: the view fills by itself, the dearest finding on top.
  await seen('the icon in the activity bar', '.activitybar .action-label[aria-label^="CostLint"]')
  await page.locator('.activitybar .action-label[aria-label^="CostLint"]').click()
  const finding = '.pane-body .monaco-list-row:has-text("asks for 4 GPUs")'
  await seen('the dearest finding', finding)
  await seen('a job with its bill', '.pane-body .monaco-list-row:has-text("ml.g5.2xlarge")')
  await page.locator(finding).click()
  await seen('its line', '.editor-instance .squiggly-error')
  await seen('the status', '.statusbar-item[id*="costlint.status"]')
  await page.keyboard.press('Control+Shift+m')
  await seen('Problems', '.markers-panel .monaco-list-row:has-text("Save $")')
  await shot('view')
  await picture('findings', { x: 0, y: 40, width: 800, height: 500 })
  await page.keyboard.press('Control+j')

  await open('train.py', 67)
  const call = page
    .locator('.editor-instance .view-line:has-text("for images, labels in loader") >> text=loader')
    .first()
  await seen('a squiggle', '.editor-instance .squiggly-warning')
  await call.hover()
  await seen('the hover', '.monaco-hover:has-text("Saves"), .monaco-hover:has-text("Explain")')
  await shot('hover')
  await picture('explain', { x: 420, y: 180, width: 800, height: 400 })
  const hover = await page.locator('.monaco-hover').first().textContent()
  assert.equal(hover.split('Trains in fp32').length, 2, `the message stands once in: ${hover}`)
  await page.keyboard.press('Escape')

  await clickFinding(page, call)
  await seen('the light bulb', '.editor-instance .lightBulbWidget')
  await openMenu(page)
  await seen('its menu', '.action-widget .monaco-list-row.action')
  await shot('light-bulb')
  await picture('fix', { x: 400, y: 300, width: 880, height: 400 })
  await page.keyboard.press('Escape')

  await page.locator('.statusbar-item[id*="costlint.status"] a').first().click()
  await seen('the menu of the status', '.quick-input-list .monaco-list-row:has-text("Cost report")')
  await shot('status')
  await page.keyboard.press('Enter')
  const report = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame')
  await report.locator('h1:has-text("Cost report")').waitFor({ timeout: 60_000 })
  console.log(`  pictures: the report (${theme})`)
  await shot('report')
  await picture('report', { x: 350, y: 70, width: 800, height: 460 })
  await report.locator('a.place:has-text("finetune.py:51")').first().click()
  await seen('the line of a row', '.editor-instance .line-numbers.active-line-number:has-text("51")')

  await search('CostLint: Explain Rule', 'compute/', 'search/grid-search', ':has-text("search/grid-search")')
  await page.keyboard.press('Enter')
  const rule = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame')
  await rule.locator('h1:has-text("search/grid-search")').waitFor({ timeout: 60_000 })
  await shot('rule')

  await search(
    'CostLint: Open Documentation',
    'How the bill is made',
    'baseline prune',
    '[data-index="0"]:has-text("Configuration")',
  )
  await shot('documentation-search')
  await page.keyboard.press('Enter')
  const documentation = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame')
  await documentation.locator('h2:has-text("Baseline")').waitFor({ timeout: 60_000 })
  await shot('documentation')
  // Links lead from page to page, to those of the rules as well.
  await documentation.locator('a[href*="precision.md"]').first().click()
  await documentation.locator('h1:has-text("How often the rules are right")').waitFor({ timeout: 60_000 })

  const step = '.gettingStartedDetailsContent .step-title'
  // The page now and then opens without its steps: then it is opened again.
  for (let tries = 0; tries < 3; tries++) {
    await run('CostLint: Get Started', step)
    const shown = page.locator(step).first().waitFor({ timeout: 20_000 })
    if (await shown.then(() => true).catch(() => false)) break
    await run('View: Close All Editors')
  }
  await seen('the walkthrough', step)
  await shot('walkthrough')

  // Switched off, and dead: both are told apart from nothing found.
  await run('View: Close All Editors')
  await open('train.py', 67)
  const settings = join(folder, 'leaves', '.vscode', 'settings.json')
  mkdirSync(join(folder, 'leaves', '.vscode'), { recursive: true })
  writeFileSync(settings, '{ "costlint.enable": false }')
  const status = '.statusbar-item[id*="costlint.status"]'
  await seen(
    'the status of what is off',
    `${status}[aria-label*="switched off"], ${status} [aria-label*="switched off"]`,
  )
  await seen('the view of what is off', '.welcome-view-content:has-text("switched off")')
  await page.locator('.codelens-decoration').waitFor({ state: 'detached', timeout: 60_000 })
  await shot('status-off')
  writeFileSync(settings, '{}')
  await seen('the findings again', `${status} .codicon-flame`)
  for (let crash = 1; crash <= 5; crash++) {
    const pid = serverProcess(folder)
    assert.ok(pid, 'no server was found')
    process.kill(pid, 'SIGKILL')
    if (crash < 5) await until(() => ![undefined, pid].includes(serverProcess(folder)))
  }
  await seen('the status of a dead server', `${status} .codicon-error`)
  await seen('the view of a dead server', '.welcome-view-content:has-text("was not started again")')
  await run('Notifications: Show Notifications')
  await seen('the question', '.notification-list-item:has-text("crashed 5 times")')
  await shot('crashed')
  await page.locator('.notification-list-item .monaco-button:has-text("Restart")').click()
  await seen('the findings after all', `${status} .codicon-flame`)

  await run('Preferences: Open Settings (UI)')
  await page.keyboard.type('costlint.hardware')
  await seen('the settings', '.setting-item-label:has-text("Hardware")')
  await shot('settings')
  await picture('prices', { x: 128, y: 90, width: 800, height: 420 })
}

/** Half the bytes of a JPEG that looks the same; the browser makes it. */
async function asWebp(page, png) {
  const drawing = await page.context().browser().newPage()
  try {
    const url = await drawing.evaluate(async (data) => {
      const image = new Image()
      image.src = `data:image/png;base64,${data}`
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = image.width
      canvas.height = image.height
      canvas.getContext('2d').drawImage(image, 0, 0)
      return canvas.toDataURL('image/webp', 0.5)
    }, png.toString('base64'))
    return Buffer.from(url.split(',')[1], 'base64')
  } finally {
    await drawing.close()
  }
}

async function until(test) {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (test()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not come to that within a minute')
}
