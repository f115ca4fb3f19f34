/**
 * Helix in a terminal opens the file, shows the finding and applies its fix, with the configuration that
 * docs/editors.md prints. It has no mode without a screen: `script` gives it one.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { documented, inProject, version } from './project.js'

describe('Helix', function () {
  this.timeout(180_000)

  it('shows a finding and applies its fix', async function () {
    if (version('hx', '--version') === undefined || version('script', '--version') === undefined)
      return this.skip()
    await inProject(async ({ project, home, write }) => {
      write('home/.config/helix/languages.toml', documented('Helix', 'toml'))
      const terminal = spawn(
        'script',
        ['-qefc', 'stty rows 40 cols 160; exec hx search.py:9:12', '/dev/null'],
        {
          cwd: project,
          env: { ...process.env, HOME: home, TERM: 'xterm-256color', XDG_CONFIG_HOME: join(home, '.config') },
        },
      )
      let screen = ''
      const until = (what: RegExp) =>
        new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`no ${what} on: ${screen}`)), 60_000)
          const look = () => {
            if (!what.test(screen.replace(/\s+/g, ''))) return
            clearTimeout(timer)
            terminal.stdout.off('data', look)
            resolve()
          }
          terminal.stdout.on('data', look)
          look()
        })
      terminal.stdout.on('data', (data: Buffer) => {
        screen += stripVTControlCharacters(data.toString())
      })
      const ended = new Promise((resolve) => terminal.on('exit', resolve))
      const press = (keys: string) => {
        screen = ''
        terminal.stdin.write(keys)
      }
      try {
        // The words of the finding at the cursor, as soon as the server has them.
        await until(/search\/grid-search/)
        // The menu of actions; the preferred one is chosen first.
        press(' a')
        await until(/Disable/)
        press('\r')
        await until(/HalvingGridSearchCV/)
        press(':wq\r')
        await ended
      } finally {
        terminal.kill()
      }
      assert.match(readFileSync(join(project, 'search.py'), 'utf8'), /HalvingGridSearchCV\(/)
    })
  })
})
