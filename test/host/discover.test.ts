import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, realpath, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { type DiscoverOptions, discover } from '../../server/src/host/discover.js'
import { createNodeHost } from '../../server/src/host/node/host.js'

describe('host/discover', () => {
  let root: string

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'costlint discover ')))
  })
  afterEach(async () => {
    await rm(root, { recursive: true, force: true })
  })

  async function write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
  }
  const found = (options?: DiscoverOptions) => discover(createNodeHost(), root, options)

  it('leaves projects of their own alone, counts, and stops where there are too many files', async () => {
    await write({ 'a.py': '', 'b/c.py': '', 'own/d.py': '', 'own/e/f.py': '' })
    const counts: number[] = []
    const { files } = await found({ apart: ['own'], maxFiles: 2, onFound: (count) => counts.push(count) })
    assert.deepEqual(files, ['a.py', 'b/c.py'])
    assert.deepEqual(counts, [1, 2])
    await assert.rejects(found({ maxFiles: 1 }), { message: `${root} holds more than 1 files to read` })
  })

  it('finds what git tracks, whatever its ignore files say', async () => {
    await write({
      '.gitignore': 'sweeps/\n*.local.yaml\n',
      'train.py': '',
      'sweeps/a.yaml': '',
      'sweeps/untracked.yaml': '',
      'b.local.yaml': '',
      'left/c.local.yaml': '',
      'wandb/d.yaml': '',
      'env/pyvenv.cfg': '',
      'env/e.py': '',
    })
    const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' })
    git('init', '--quiet')
    git('add', '--force', '.')
    git('rm', '--quiet', '--cached', 'sweeps/untracked.yaml')
    const excluded = (path: string) => (path === 'left/c.local.yaml' ? true : undefined)
    for (const version of ['2', '4']) {
      git('update-index', '--index-version', version)
      assert.deepEqual(
        (await found({ excluded })).files,
        ['b.local.yaml', 'sweeps/a.yaml', 'train.py'],
        version,
      )
    }
    await writeFile(join(root, '.git/index'), 'DIRC no index')
    assert.deepEqual((await found({ excluded })).files, ['train.py'])
  })

  it('lists the files that some reader reads, sorted, and no others', async () => {
    await write({
      'train.py': '',
      'b/notes.txt': '',
      'b/model.bin': '',
      'b/nb.ipynb': '',
      'a/job.slurm': '',
      'a/sweep.yaml': '',
      Dockerfile: '',
      'Dockerfile.gpu': '',
      'requirements-dev.txt': '',
      'infra/main.tf': '',
      'src/data/data.md': '',
    })
    assert.deepEqual((await found()).files, [
      'Dockerfile',
      'Dockerfile.gpu',
      'a/job.slurm',
      'a/sweep.yaml',
      'b/nb.ipynb',
      'infra/main.tf',
      'requirements-dev.txt',
      'train.py',
    ])
  })

  it('keeps spaces and Chinese characters in paths', async () => {
    await write({ ' 实验 一/训练 模型.py': '', ' leading.py': '' })
    assert.deepEqual((await found()).files, [' leading.py', ' 实验 一/训练 模型.py'])
  })

  it('respects .gitignore at every level, the deepest pattern last', async () => {
    await write({
      '.gitignore': 'data/\n*.json\n/top.py\n',
      'a/.gitignore': '!keep.json\nlocal.py\n',
      'data/x.py': '',
      'a/data/x.py': '',
      'a/keep.json': '',
      'a/other.json': '',
      'a/local.py': '',
      'local.py': '',
      'top.py': '',
      'a/top.py': '',
    })
    assert.deepEqual((await found()).files, ['a/keep.json', 'a/top.py', 'local.py'])
  })

  it('respects the exclude file of the repository', async () => {
    await write({ '.git/info/exclude': 'mine.py\n', 'mine.py': '', 'ours.py': '' })
    assert.deepEqual((await found()).files, ['ours.py'])
  })

  it('leaves out clones inside of a repository, and says so', async () => {
    await write({
      '.git/HEAD': '',
      'train.py': '',
      'tools/linter/.git/HEAD': '',
      'tools/linter/examples/train.py': '',
      'sub/.git': 'gitdir: ../.git/modules/sub\n',
      'sub/train.py': '',
    })
    const { files, errors } = await found()
    assert.deepEqual(files, ['sub/train.py', 'train.py'])
    assert.deepEqual(errors, [
      {
        path: 'tools/linter',
        message: 'is a repository of its own; name it to check it',
        kind: 'left out',
      },
    ])
    const wanted = (path: string) => (path === 'tools/linter' ? false : undefined)
    assert.equal((await found({ excluded: wanted })).files.length, 3)
  })

  it('clones side by side in a folder that is no repository are read', async () => {
    await write({ 'a/.git/HEAD': '', 'a/train.py': '', 'b/.git/HEAD': '', 'b/train.py': '' })
    assert.deepEqual((await found()).files, ['a/train.py', 'b/train.py'])
  })

  it('skips vendored and generated folders by name and by what they hold', async () => {
    const skipped = [
      'node_modules/x',
      'sub/.venv/lib',
      'venv',
      'lib/site-packages/torch',
      'third_party/apex',
      '.git',
      '.history',
      '.ipynb_checkpoints',
      '.ipynb_aml_checkpoints',
      'outputs/2024',
      'wandb/run-1',
      'mlruns/0',
      'experiments/a/_sources',
      '.hydra',
      '__pycache__',
      'dist-packages',
      'pkg.egg-info',
    ]
    await write(Object.fromEntries(skipped.map((folder) => [`${folder}/train.py`, ''])))
    await write({ 'myenv/pyvenv.cfg': '', 'myenv/bin/train.py': '', 'env/train.py': '' })
    assert.deepEqual((await found()).files, ['env/train.py'])
  })

  it('reads what is named on the command line wherever it stands', async () => {
    await write({
      '.gitignore': 'scratch/\n',
      'scratch/a.py': '',
      'scratch/b.py': '',
      'outputs/.gitignore': 'c.py',
      'outputs/c.py': '',
      'outputs/d.py': '',
    })
    assert.deepEqual((await found({ explicit: ['scratch/a.py', 'outputs'] })).files, [
      'outputs/d.py',
      'scratch/a.py',
    ])
  })

  it('lets the configuration leave out and bring back', async () => {
    await write({ 'outputs/a.py': '', 'legacy/b.py': '', 'c.py': '' })
    const excluded = (path: string) =>
      path.startsWith('legacy') ? true : path === 'outputs' ? false : undefined
    assert.deepEqual((await found({ excluded })).files, ['c.py', 'outputs/a.py'])
  })

  it('survives link loops, records links within the project, and never leaves it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'costlint outside '))
    await writeFile(join(outside, 'secret.py'), '')
    await write({ 'src/train.py': '' })
    await symlink('..', join(root, 'src/up'))
    await symlink('loop', join(root, 'loop'))
    await symlink('nowhere', join(root, 'broken.py'))
    await symlink('src/train.py', join(root, 'run.py'))
    await symlink(outside, join(root, 'data'))
    await symlink(join(outside, 'secret.py'), join(root, 'secret.py'))
    const result = await found({ explicit: ['secret.py'] })
    assert.deepEqual(result.files, ['src/train.py'])
    assert.deepEqual([...result.links], [['run.py', 'src/train.py']])
    assert.deepEqual(result.errors, [])
    await rm(outside, { recursive: true })
  })

  it('finds everything below a root that is itself a link', async () => {
    await write({ 'real/a.py': '', 'real/b/c.py': '' })
    await symlink('c.py', join(root, 'real/b/d.py'))
    await symlink('real', join(root, 'link'))
    const result = await discover(createNodeHost(), join(root, 'link'), { explicit: ['b/d.py'] })
    assert.deepEqual(result.files, ['a.py', 'b/c.py'])
    assert.deepEqual([...result.links], [['b/d.py', 'b/c.py']])
  })

  it('reports a folder that cannot be read and goes on', async () => {
    await write({ 'a.py': '', 'closed/b.py': '' })
    const host = createNodeHost()
    const closed = join(root, 'closed')
    await chmod(closed, 0)
    // The superuser reads everything, so the refusal is given by the host there.
    const list = host.list
    if (process.getuid?.() === 0) {
      host.list = async (folder) => {
        if (folder === closed) throw new Error('cannot be read: permission denied')
        return list(folder)
      }
    }
    const result = await discover(host, root)
    await chmod(closed, 0o755)
    assert.deepEqual(result.files, ['a.py'])
    assert.deepEqual(result.errors, [{ path: 'closed', message: 'cannot be read: permission denied' }])
  })

  it('names what it cannot read because of its name', async function () {
    // Other systems have no such names.
    if (process.platform !== 'linux') this.skip()
    const bytes = (text: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, 'latin1')])
    await write({ 'a.py': '', 'b\ufffd.py': '' })
    await writeFile(bytes('caf\u00e9.py'), '')
    await writeFile(bytes('caf\u00e9.png'), '')
    await mkdir(bytes('d\u00e9'))
    const { files, errors } = await found()
    assert.deepEqual(files, ['a.py', 'b\ufffd.py'])
    const message = 'is not read: its name is not UTF-8'
    assert.deepEqual(
      errors.sort((one, other) => (one.path < other.path ? -1 : 1)),
      [
        { path: 'caf\ufffd.py', message, kind: 'left out' },
        { path: 'd\ufffd', message, kind: 'left out' },
      ],
    )
    await rm(bytes('caf\u00e9.py'))
    await rm(bytes('caf\u00e9.png'))
    await rmdir(bytes('d\u00e9'))
  })

  it('stops when it is asked to', async () => {
    await assert.rejects(found({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  })
})
