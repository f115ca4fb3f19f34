/** Looks at the packaged extension as a person does: squiggle, light bulb, applied fix, Problems; with screenshots. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { copyFixture, root, screenshots, withCodeServer, withFolder, withPage } from './harness.mjs'
import { here } from './setup.mjs'

const largest = 2.6 * 1024 * 1024

export function packageExtension() {
  const vsix = join(here, '.out', 'costlint.vsix')
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce')
  execFileSync(process.execPath, [vsce, 'package', '--no-dependencies', '--out', vsix], {
    cwd: root,
    stdio: 'inherit',
  })
  assert.ok(statSync(vsix).size < largest, `the package has ${statSync(vsix).size} bytes`)
  return vsix
}

/** The workbench closes the menu again when the light bulb is drawn anew at that moment: a person presses once more. */
export async function openMenu(page) {
  const row = page.locator('.action-widget .monaco-list-row').first()
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.keyboard.press('Control+.')
    const shown = await row.waitFor({ state: 'visible', timeout: 5_000 }).then(
      () => true,
      () => false,
    )
    if (shown) return
    await page.keyboard.press('Escape')
  }
}

/** A click that comes while the findings are drawn anew shows no light bulb: a person clicks somewhere else, and there again. */
export async function clickFinding(page, place) {
  const bulb = page.locator('.editor-instance .lightBulbWidget').first()
  for (let attempt = 0; attempt < 5; attempt++) {
    await place.click()
    const shown = await bulb.waitFor({ state: 'visible', timeout: 10_000 }).then(
      () => true,
      () => false,
    )
    if (shown) return
    await page.keyboard.press('Control+Home')
  }
}

export function look() {
  mkdirSync(screenshots, { recursive: true })
  const vsix = packageExtension()
  return withFolder((folder) => {
    const project = copyFixture(folder)
    return withCodeServer(folder, vsix, project, {}, (port) =>
      withPage(async (page) => {
        const shot = (name) => page.screenshot({ path: join(screenshots, `${name}.png`) })
        const seen = (what, selector, options = {}) => {
          console.log(`  look: ${what}`)
          return page
            .locator(selector)
            .first()
            .waitFor({ timeout: 60_000, ...options })
        }
        await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(project)}`)
        await seen('the workbench', '.monaco-workbench .explorer-folders-view')
        await page.keyboard.press('Control+p')
        await page.keyboard.type('search.py')
        await seen('quick open', '.quick-input-list .monaco-list-row:has-text("search.py")')
        await page.keyboard.press('Enter')
        await seen('the squiggle', '.editor-instance .squiggly-warning')
        await shot('squiggle')

        // To the finding, then its light bulb.
        const search = page.locator(
          '.editor-instance .view-line:has-text("search = GridSearchCV") >> text=GridSearchCV',
        )
        await clickFinding(page, search)
        await seen('the light bulb', '.editor-instance .lightBulbWidget')
        await openMenu(page)
        await seen('the menu of the light bulb', '.action-widget .monaco-list-row')
        await shot('light-bulb')
        const first = await page.locator('.action-widget .monaco-list-row.action').first().textContent()
        console.log(`  look: first action is “${first.trim()}”`)
        await page.keyboard.press('Enter')
        await seen(
          'the fixed line',
          '.editor-instance .view-line:has-text("HalvingGridSearchCV(RandomForest")',
        )
        await seen('no squiggle', '.editor-instance .squiggly-warning', { state: 'detached' })
        await shot('fixed')

        await page.keyboard.press('Control+z')
        await seen('the squiggle again', '.editor-instance .squiggly-warning')
        await page.keyboard.press('F1')
        await page.keyboard.type('CostLint: Lint Workspace')
        await seen('the command', '.quick-input-list .monaco-list-row:has-text("CostLint: Lint Workspace")')
        await page.keyboard.press('Enter')
        await page.keyboard.press('Control+Shift+m')
        await seen('Problems of a closed file', '.markers-panel .monaco-list-row:has-text("closed.py")')
        await seen('Problems of the open file', '.markers-panel .monaco-list-row:has-text("search.py")')
        await shot('problems')

        // The picture of the README: the fixes of one finding, and what else there is.
        await page.keyboard.press('F1')
        await page.keyboard.type('Notifications: Clear All')
        await seen(
          'the other command',
          '.quick-input-list .monaco-list-row:has-text("Clear All Notifications")',
        )
        await page.keyboard.press('Enter')
        await seen('no notification', '.notification-toast', { state: 'detached' })
        await page.locator('.editor-instance .view-line:has-text("print(search") >> text=print').click()
        await clickFinding(page, search)
        await seen('the light bulb again', '.editor-instance .lightBulbWidget')
        await openMenu(page)
        await seen('the menu again', '.action-widget .monaco-list-row')
        await shot('editor')

        await page.keyboard.press('Escape')
        await page.keyboard.press('Control+p')
        await page.keyboard.type('launch.py')
        await seen('quick open again', '.quick-input-list .monaco-list-row:has-text("launch.py")')
        await page.keyboard.press('Enter')
        await seen('the cost of the job', '.editor-instance .codelens-decoration:has-text("/h on demand")')
        await seen(
          'the price of the machine',
          '.editor-instance .view-line:has-text("ml.g5.2xlarge"):has-text("$1.5")',
        )
        await page.locator('.editor-instance .view-line >> text=ml.g5.2xlarge').hover()
        await seen('how the price was found', '.monaco-hover:has-text("per hour and machine")')
        await shot('money')
        console.log('  look: all seen\n  1 passing')
      }),
    )
  })
}
