/** Neovim opens the file, shows the finding and applies its fix, with the configuration that docs/editors.md prints. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documented, inProject, rule, version } from './project.js'

/** Writes what Neovim knows of the buffer to `seen.json`, applies the preferred action and saves. */
const drive = `
local function give_up(what) io.stderr:write(what .. '\\n'); vim.cmd('cquit 1') end
if not vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end) then give_up('no diagnostic') end
local found = vim.diagnostic.get(0)[1]
vim.fn.writefile({ vim.json.encode({ code = found.code, line = found.lnum, message = found.message }) }, 'seen.json')
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
local before = vim.b.changedtick
vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.isPreferred end })
if not vim.wait(60000, function() return vim.b.changedtick ~= before end) then give_up('no edit') end
vim.cmd('write')
vim.cmd('qall')
`

describe('Neovim', function () {
  this.timeout(180_000)

  it('shows a finding and applies its fix', async function () {
    const found = /NVIM v0\.(\d+)/.exec(version('nvim', '--version') ?? '')
    if (found === null) return this.skip()
    await inProject(({ project, home, write }) => {
      const init = write('init.lua', `${documented('Neovim', 'lua', Number(found[1]) >= 11 ? 0 : 1)}`)
      const script = write('drive.lua', drive)
      execFileSync(
        'nvim',
        [
          '--headless',
          '-i',
          'NONE',
          '-u',
          init,
          'search.py',
          '-c',
          `luafile ${script.replaceAll(' ', '\\ ')}`,
        ],
        {
          cwd: project,
          env: { ...process.env, HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      const seen = JSON.parse(readFileSync(join(project, 'seen.json'), 'utf8'))
      assert.equal(seen.code, rule)
      assert.equal(seen.line, 8)
      assert.match(readFileSync(join(project, 'search.py'), 'utf8'), /HalvingGridSearchCV\(/)
    })
  })
})
