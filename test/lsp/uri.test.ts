import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { canonical, filePath, loosePath, pathWithin, uriWithin } from '../../server/src/lsp/uri.js'

describe('URIs of documents', () => {
  it('are the same place however they are spelled', () => {
    assert.equal(canonical('file:///C%3A/My%20Code/a.py'), canonical('file:///c:/My Code/a.py'))
    assert.notEqual(canonical('file:///home/A.py'), canonical('file:///home/a.py'))
  })

  it('have a path below their folder, or none', () => {
    assert.equal(pathWithin('file:///w/p', 'file:///w/p/sub/a%20b.py'), 'sub/a b.py')
    assert.equal(pathWithin('file:///w/p/', 'file:///w/p/a.py'), 'a.py')
    assert.equal(pathWithin('file:///w/p', 'file:///w/pq/a.py'), undefined)
    assert.equal(pathWithin('file:///w/p', 'untitled:a.py'), undefined)
    assert.equal(pathWithin('vscode-vfs://github/o/r', 'vscode-vfs://github/o/r/a.py'), 'a.py')
    assert.equal(pathWithin('vscode-vfs://github/o/r', 'vscode-vfs://other/o/r/a.py'), undefined)
  })

  it('are spelled as VS Code spells them, whatever the name', () => {
    for (const path of ['a b#c?.py', 'ä/ö.py', '100%.py', "it's (1).py"]) {
      const uri = uriWithin('file:///w', path)
      assert.match(uri, /^file:\/\/\/w\/[\w%/.-]+$/)
      assert.equal(pathWithin('file:///w', uri), path)
    }
  })

  it('name files of this machine', () => {
    assert.equal(filePath('file:///w/a%20b.py'), '/w/a b.py')
    assert.equal(filePath('file:///C%3A/a.py'), 'c:/a.py')
    assert.equal(filePath('file://server/share/a.py'), '//server/share/a.py')
    assert.equal(filePath('untitled:Untitled-1'), undefined)
    assert.equal(filePath('file:///w/50%_off.py'), '/w/50%_off.py')
  })

  it('of loose documents become paths without a root', () => {
    assert.equal(loosePath('untitled:Untitled-1'), 'Untitled-1')
    assert.equal(loosePath('file:///home/x/a.py'), 'home/x/a.py')
  })
})
