import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { targetOf, targets } from '../../server/src/cli/roots.js'
import { Folder } from './folder.js'

describe('cli/roots', () => {
  let folder: Folder
  beforeEach(() => {
    folder = new Folder()
  })
  afterEach(() => folder.remove())
  const at = (path = '') => join(folder.path, path)

  it('takes the repository, wherever in it the command runs', async () => {
    folder.write({ '.git/HEAD': '', 'costlint.toml': '', 'src/costlint.toml': '', 'src/a.py': '' })
    for (const cwd of [at(), at('src')]) {
      assert.deepEqual(await targets([at('src/a.py')], cwd), [{ root: at(), paths: ['src/a.py'] }])
    }
    assert.deepEqual(await targets([], at('src')), [{ root: at(), paths: ['src'] }])
    assert.deepEqual(await targets(['.'], at()), [{ root: at(), paths: [''] }])
  })

  it('takes the outermost folder with a configuration where there is no repository', async () => {
    folder.write({
      'a/pyproject.toml': '[tool.costlint]\n',
      'a/b/costlint.toml': '',
      'a/b/c.py': '',
      'pyproject.toml': '[x]',
    })
    assert.deepEqual(await targets(['c.py'], at('a/b')), [{ root: at('a'), paths: ['b/c.py'] }])
  })

  it('takes the current folder where nothing marks one, so that a file and its folder agree', async () => {
    folder.write({ 'src/a.py': '', 'b.py': '' })
    assert.deepEqual(await targets(['src/a.py', 'b.py'], at()), [{ root: at(), paths: ['src/a.py', 'b.py'] }])
  })

  it('takes the folder itself where it lies outside the current one', async () => {
    folder.write({ 'here/x.py': '', 'there/a.py': '' })
    assert.deepEqual(await targets(['../there', '../there/a.py'], at('here')), [
      { root: at('there'), paths: ['', 'a.py'] },
    ])
  })

  it('does not read a whole home or disk for a folder in it', async () => {
    folder.write({ 'a.py': '' })
    assert.deepEqual(await targets([at('a.py')], '/'), [{ root: at(), paths: ['a.py'] }])
    const home = process.env.HOME
    process.env.HOME = at('..')
    try {
      assert.equal(homedir(), at('..'))
      assert.deepEqual(await targets([at()], homedir()), [{ root: at(), paths: [''] }])
    } finally {
      process.env.HOME = home
    }
  })

  it('keeps several projects apart', async () => {
    folder.write({ 'a/.git/HEAD': '', 'a/x.py': '', 'b/.git/HEAD': '', 'b/y.py': '' })
    assert.deepEqual(await targets(['a', 'b/y.py'], at()), [
      { root: at('a'), paths: [''] },
      { root: at('b'), paths: ['y.py'] },
    ])
  })

  it('takes each repository below a folder that is none itself, and what lies beside them', async () => {
    folder.write({
      'a/.git/HEAD': '',
      'a/x.py': '',
      'a/inner/.git': 'gitdir: ../.git/modules/inner',
      'group/b/costlint.toml': '',
      'node_modules/c/.git/HEAD': '',
    })
    const inner = [
      { root: at('a'), paths: [''] },
      { root: at('group/b'), paths: [''] },
    ]
    assert.deepEqual(await targets(['.'], at()), inner)
    assert.deepEqual(await targets(['group'], at()), [inner[1]])
    folder.write({ 'group/y.py': '' })
    assert.deepEqual(await targets(['.'], at()), [
      ...inner,
      { root: at(), paths: [''], apart: ['a', 'group/b'] },
    ])
    assert.deepEqual(await targets(['a'], at()), [inner[0]], 'a repository within it belongs to it')
  })

  it('tells how far it has looked, and stops at too many files', async () => {
    folder.write({ 'a/x.py': '', 'a/y.py': '', 'b/.git/HEAD': '', 'b/1.py': '', 'b/2.py': '', 'b/3.py': '' })
    const seen: number[] = []
    const watcher = {
      maxFiles: 2,
      signal: new AbortController().signal,
      onFolder: (count: number) => seen.push(count),
      note: () => undefined,
    }
    await targets(['.'], at(), watcher)
    assert.deepEqual(seen, [1, 2, 3])
    await assert.rejects(targets(['.'], at(), { ...watcher, maxFiles: 1 }), {
      message: `${at()} holds more than 1 files to read`,
    })
  })

  it('follows a link that is named', async () => {
    folder.write({ 'real/.git/HEAD': '', 'real/a.py': '' })
    symlinkSync('real/a.py', at('link.py'))
    assert.deepEqual(await targets(['link.py'], at()), [{ root: at('real'), paths: ['a.py'] }])
  })

  it('names every path that does not exist', async () => {
    await assert.rejects(targets(['no', 'neither.py'], at()), {
      message: 'no such file or folder: no\nno such file or folder: neither.py',
    })
  })

  it('places a file that does not exist', () => {
    folder.write({ '.git/HEAD': '' })
    assert.deepEqual(targetOf('src/new.py', at()), { root: at(), paths: ['src/new.py'] })
  })
})
