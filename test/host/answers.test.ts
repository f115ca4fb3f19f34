/** What is kept between runs changes no finding, whatever state it is in. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { AnswerStore } from '../../server/src/host/answers.js'
import { AnswerFolder } from '../../server/src/host/node/answer-folder.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { Folder } from '../cli/folder.js'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const names = [
  'train.py',
  'train.slurm',
  'finetune.py',
  'sweep.yaml',
  'notebooks/tickets.ipynb',
  'k8s/finetune-job.yaml',
]

/** The examples several times over: enough for answers to be kept. */
function manyFiles(): Map<string, string> {
  const files = new Map<string, string>()
  for (let copy = 0; copy < 12; copy++) {
    for (const name of names) files.set(`project${copy}/${name}`, readFileSync(join(examples, name), 'utf8'))
  }
  // A module that a script imports, so that one answer depends on another file.
  files.set('module/sizes.py', 'batch = 8\n')
  files.set(
    'module/main.py',
    `import torch
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
from sizes import batch
search = GridSearchCV(SVC(), {"C": [1, 2, 3], "gamma": [1, 2, 3, 4], "tol": [1, 2]}, cv=batch)
search.fit(X, y)
`,
  )
  return files
}

class MemoryStore implements AnswerStore {
  readonly texts = new Map<string, string>()
  written = 0

  get isEmpty(): boolean {
    return this.texts.size === 0
  }

  has(name: string): boolean {
    return this.texts.has(name)
  }

  read(name: string): string | undefined {
    return this.texts.get(name)
  }

  async write(name: string, text: string): Promise<void> {
    this.written++
    this.texts.set(name, text)
  }

  async prune(live: ReadonlySet<string>): Promise<void> {
    for (const name of this.texts.keys()) if (!live.has(name)) this.texts.delete(name)
  }
}

async function lint(files: ReadonlyMap<string, string>, store?: AnswerStore): Promise<string> {
  const host = memoryHost(files)
  const project = await openProject(
    memoryRoot,
    store === undefined ? host : { ...host, answersFor: () => store },
  )
  const result = await project.lint()
  const fixes = []
  for (const finding of result.findings) fixes.push(await project.fixes(finding))
  const annotations = [...files.keys()].map((path) => project.annotations(path))
  await project.dispose()
  assert.ok(result.findings.length > 50, `${result.findings.length} findings`)
  return JSON.stringify({ result, fixes, annotations })
}

describe('answers between runs', function () {
  this.timeout(60_000)

  it('are used, and say what a run without them says', async () => {
    const files = manyFiles()
    const store = new MemoryStore()
    const alone = await lint(files)
    assert.equal(await lint(files, store), alone)
    const before = store.written
    assert.ok(before > 60, `${before} answers were kept`)
    assert.equal(await lint(files, store), alone)
    assert.equal(store.written, before, 'nothing had to be found out again')
  })

  it('of a file that changed, and of what depends on it, are found out again', async () => {
    const files = manyFiles()
    const store = new MemoryStore()
    await lint(files, store)
    files.set('module/sizes.py', 'batch = 20\n')
    const now = await lint(files, store)
    assert.equal(now, await lint(files))
    assert.match(now, /× 20 folds/)
  })

  it('do not hold where a file was left out or has come', async () => {
    const files = manyFiles()
    const store = new MemoryStore()
    for (const folder of ['base', 'big'])
      files.set(`k8s/${folder}/job.yaml`, files.get('project0/k8s/finetune-job.yaml')!)
    files.set('k8s/base/kustomization.yaml', 'resources: [job.yaml]\n')
    await lint(files, store)
    files.set('k8s/big/kustomization.yaml', 'resources: [job.yaml]\nnamePrefix: big-\n')
    assert.equal(await lint(files, store), await lint(files))
    files.delete('k8s/base/kustomization.yaml')
    assert.equal(await lint(files, store), await lint(files))
  })

  it('that are damaged, or of another file, count as absent', async () => {
    const files = manyFiles()
    const store = new MemoryStore()
    const alone = await lint(files, store)
    const kept = [...store.texts]
    kept.forEach(([name, text], index) => {
      const other = kept[(index + 1) % kept.length]![1]
      store.texts.set(name, [text.slice(0, text.length / 2), '', '[]', 'null', other][index % 5]!)
    })
    assert.equal(await lint(files, store), alone)
  })

  it('of files that are gone are thrown away', async () => {
    const files = manyFiles()
    const store = new MemoryStore()
    await lint(files, store)
    const before = store.texts.size
    for (const path of [...files.keys()]) if (path.startsWith('project1/')) files.delete(path)
    files.set('project0/train.py', `${files.get('project0/train.py')!}\n`)
    await lint(files, store)
    assert.ok(store.texts.size < before)
  })

  it('that cannot be written do no harm', async () => {
    const files = manyFiles()
    const full = new MemoryStore()
    full.write = async () => {
      throw new Error('ENOSPC: no space left on device')
    }
    assert.equal(await lint(files, full), await lint(files))
  })
})

describe('the folder of answers', () => {
  let folder: Folder
  beforeEach(() => {
    folder = new Folder()
  })
  afterEach(() => folder.remove())
  const top = () => join(folder.path, '.costlint_cache')
  const place = (secrets = 'secrets') => ({ folder: top(), secrets: join(folder.path, secrets) })

  it('gives back what was written, also to another process', async () => {
    const one = new AnswerFolder(place())
    assert.equal(one.isEmpty, true)
    await one.write('a', 'text of a')
    const other = new AnswerFolder(place())
    assert.equal(other.isEmpty, false)
    assert.equal(other.read('a'), 'text of a')
    await Promise.all([one.write('a', 'new'), other.write('b', 'text of b')])
    assert.deepEqual([one.read('a'), one.read('b'), one.read('c')], ['new', 'text of b', undefined])
  })

  it('is marked as a cache, and hidden from git', async () => {
    await new AnswerFolder(place()).write('a', 'text')
    assert.equal(readFileSync(join(top(), '.gitignore'), 'utf8'), '*\n')
    assert.match(
      readFileSync(join(top(), 'CACHEDIR.TAG'), 'utf8'),
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    )
  })

  it('gives nothing where a file was damaged', async () => {
    const store = new AnswerFolder(place())
    await store.write('a', 'a text of some length')
    const path = join(top(), readdirSync(top()).find((name) => !name.includes('.'))!, 'a')
    for (const damaged of [
      readFileSync(path, 'utf8').slice(0, -3),
      '',
      'x',
      readFileSync(path, 'utf8').replace('some', 'sane'),
    ]) {
      writeFileSync(path, damaged)
      assert.equal(store.read('a'), undefined)
    }
  })

  it('keeps the names that it is told', async () => {
    const store = new AnswerFolder(place())
    const [one, two] = ['1.a.b', '2.a.b']
    await store.write(one, '1')
    await store.write(two, '2')
    await store.write('notes', 'not ours')
    await store.prune(new Set([two]))
    assert.deepEqual([store.read(one), store.read(two), store.read('notes')], [undefined, '2', 'not ours'])
  })

  it('believes nothing that somebody else has written', async () => {
    const theirs = new AnswerFolder(place('theirs'))
    await theirs.write('a', 'a forged answer')
    assert.equal(theirs.read('a'), 'a forged answer')
    assert.equal(new AnswerFolder(place('mine')).read('a'), undefined)
  })

  it('follows no link', async () => {
    folder.write({ 'precious/1.a.b': 'kept' })
    symlinkSync(join(folder.path, 'precious'), top())
    const store = new AnswerFolder(place())
    assert.equal(store.isEmpty, true)
    await assert.rejects(store.write('2.a.b', 'text'))
    assert.deepEqual(readdirSync(join(folder.path, 'precious')), ['1.a.b'])
  })

  it('rejects where it cannot be made', async () => {
    folder.write({ file: '' })
    await assert.rejects(
      new AnswerFolder({ ...place(), folder: join(folder.path, 'file', 'cache') }).write('a', 'text'),
    )
  })
})
