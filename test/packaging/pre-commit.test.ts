/** The hook as people get it: from a tag of this repository, which has to build itself there. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { Folder } from '../cli/folder.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
    cwd,
    encoding: 'utf8',
  })

const missing = ['pre-commit', 'git'].filter((each) => spawnSync(each, ['--version']).status !== 0)
const isClone = existsSync(join(root, '.git'))

describe('pre-commit', function () {
  this.timeout(600_000)
  const folder = new Folder()
  const repository = join(folder.path, 'costlint')
  const project = join(folder.path, 'project')

  before(function () {
    if (missing.length > 0 || !isClone) {
      console.log(`    the hook is not tried: ${isClone ? `no ${missing.join(', ')}` : 'this is no clone'}`)
      this.skip()
    }
    for (const path of git(root, 'ls-files', '-z', '-c', '-o', '--exclude-standard').split('\0')) {
      if (path === '' || !existsSync(join(root, path))) continue
      mkdirSync(dirname(join(repository, path)), { recursive: true })
      copyFileSync(join(root, path), join(repository, path))
    }
    git(repository, 'init', '-q')
    git(repository, 'add', '-A')
    git(repository, 'commit', '-qm', 'release')
    git(repository, 'tag', 'v0.0.0')
  })
  after(() => folder.remove())

  it('is installed from the tag and fails a commit that wastes money', () => {
    folder.write({
      'project/tune.py': `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(X, y)
`,
      'project/fine.py': 'print("nothing")\n',
      'project/.pre-commit-config.yaml': `repos:
  - repo: ${repository}
    rev: v0.0.0
    hooks:
      - id: costlint
`,
    })
    git(project, 'init', '-q')
    git(project, 'add', '-A')
    const run = (...files: string[]) => {
      const { status, stdout, stderr } = spawnSync('pre-commit', ['run', '--files', ...files], {
        cwd: project,
        encoding: 'utf8',
        // What `npm ci` has fetched for this repository is enough for its clone.
        env: {
          ...process.env,
          PRE_COMMIT_HOME: join(folder.path, 'home'),
          npm_config_prefer_offline: 'true',
        },
      })
      return { code: status, text: stdout + stderr }
    }
    const failed = run('tune.py', 'fine.py')
    assert.match(failed.text, /costlint\.+Failed/)
    assert.match(failed.text, /\[search\/grid-search\]: .*20 configurations[\s\S]*tune\.py:3:10/)
    assert.equal(failed.code, 1)
    const passed = run('fine.py')
    assert.match(passed.text, /costlint\.+Passed/)
    assert.equal(passed.code, 0)
  })
})
