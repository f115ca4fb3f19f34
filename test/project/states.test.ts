/** What a project says follows from its files: not from what was kept, who read them, in which order, or what was typed before. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { after, before, describe, it } from 'mocha'
import type { AnswerStore } from '../../server/src/host/answers.js'
import type { Host, HostWorker } from '../../server/src/host/host.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import type { Project } from '../../server/src/linter.js'
import { type OpenProjectOptions, openProject } from '../../server/src/project/workspace.js'
import { parsePage } from '../cases/format.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { filesOf } from '../cases/runner.js'
import { Random } from '../robustness/random.js'

const pages = fileURLToPath(new URL('../rules/', import.meta.url))
const isText = (path: string) => !path.endsWith('.ipynb')

/** Every few cases of the rules that take several files, each in a folder of its own. */
function projectOfCases(): Map<string, string> {
  const files = new Map<string, string>()
  let count = 0
  for (const name of readdirSync(pages, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.md')) continue
    const { cases } = parsePage(readFileSync(join(pages, name), 'utf8'))
    for (const one of cases) {
      const own = [...filesOf(one)]
      if (own.length < 3 || count++ % 5 !== 0) continue
      for (const [path, text] of own)
        if (!/(^|\/)(costlint|pyproject)\.toml$/.test(path)) files.set(`case${count}/${path}`, text)
    }
  }
  return files
}

class Store implements AnswerStore {
  readonly texts = new Map<string, string>()

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
    this.texts.set(name, text)
  }

  async prune(): Promise<void> {}
}

async function findingsOf(project: Project): Promise<string[]> {
  const { findings, faults } = await project.lint()
  assert.deepEqual(faults, [])
  return findings.map((finding) => JSON.stringify(finding))
}

describe('a project', function () {
  this.timeout(120_000)
  let files: Map<string, string>
  let expected: string[]

  const says = async (
    host: Host,
    root = memoryRoot,
    options: OpenProjectOptions = { workers: 0 },
  ): Promise<string[]> => {
    const project = await openProject(root, host, options)
    const found = await findingsOf(project)
    await project.dispose()
    return found
  }

  before(async () => {
    files = projectOfCases()
    expected = await says(memoryHost(files))
    assert.ok(files.size > 200 && expected.length > 80, `${files.size} files, ${expected.length} findings`)
  })

  it('says with answers of an earlier run what it says without, also where some are damaged', async () => {
    const store = new Store()
    const host = { ...memoryHost(files), answersFor: () => store }
    assert.deepEqual(await says(host), expected, 'cold')
    assert.deepEqual(await says(host), expected, 'warm')
    ;[...store.texts].forEach(([name, text], index) => {
      if (index % 3 === 0) store.texts.set(name, text.slice(0, text.length / 2))
      if (index % 3 === 1) store.texts.delete(name)
    })
    assert.deepEqual(await says(host), expected, 'damaged')
  })

  it('says the same in whatever order its files are found and read', async () => {
    const random = new Random(5)
    const host = memoryHost(files)
    const shuffled: Host = {
      ...host,
      list: async (folder) => {
        const entries = await host.list(folder)
        return entries
          .map((entry) => ({ entry, at: random.below(1_000) }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry }) => entry)
      },
      read: async (path) => {
        for (let turns = random.below(20); turns > 0; turns--) await Promise.resolve()
        return host.read(path)
      },
    }
    assert.deepEqual(await says(shuffled), expected)
  })

  it('says the same where open files are answered first', async () => {
    const project = await openProject(memoryRoot, memoryHost(files), { workers: 0, previewFrom: 1 })
    const open = [...files.keys()].filter((path, index) => index % 7 === 0 && isText(path))
    for (const path of open) project.open(path, files.get(path)!)
    assert.notEqual(await project.preview(open), null)
    assert.deepEqual(await findingsOf(project), expected)
    await project.dispose()
  })

  it('says after each edit of one script what a project says that begins with it', async () => {
    const random = new Random(3)
    const now = new Map([...files].filter(([path]) => /^case\d*[048]6\//.test(path)))
    const project = await openProject(memoryRoot, memoryHost(new Map(now)), { workers: 0 })
    await project.lint()
    const scripts = [...now.keys()].filter((path) => path.endsWith('.py'))
    assert.ok(scripts.length > 10, `${scripts.length} scripts`)
    for (let round = 0; round < 8; round++) {
      const path = random.pick(scripts)
      const lines = now.get(path)!.split('\n')
      const at = random.below(lines.length)
      if (random.below(3) === 0) lines.splice(at, 1)
      else if (random.below(2) === 0) lines.splice(at, 0, lines[at]!)
      else lines[at] = lines[at]!.replace(/\d+|\w+$/, (word) => `${word}1`)
      now.set(path, lines.join('\n'))
      project.open(path, lines.join('\n'))
      assert.deepEqual(await findingsOf(project), await says(memoryHost(now)), `${path}, line ${at}`)
    }
    await project.dispose()
  })

  it('says what it said before when everything that was typed is undone', async () => {
    const random = new Random(9)
    const project = await openProject(memoryRoot, memoryHost(files), { workers: 0 })
    const paths = [...files.keys()].filter(isText)
    for (let round = 0; round < 8; round++) {
      const typed = Array.from({ length: 6 }, () => random.pick(paths))
      for (const path of typed) {
        const text = files.get(path)!
        project.open(path, text.slice(0, random.below(text.length)) + text.slice(random.below(text.length)))
      }
      await project.lint({ paths: typed })
      for (const path of typed) {
        if (random.below(2) === 0) project.close(path)
        else project.open(path, files.get(path)!)
      }
      if (round % 2 === 0) assert.deepEqual(await findingsOf(project), expected, `round ${round}`)
    }
    assert.deepEqual(await findingsOf(project), expected)
    await project.dispose()
  })

  it('says the same when files come and go', async () => {
    const random = new Random(3)
    const now = new Map(files)
    const project = await openProject(memoryRoot, memoryHost(now), { workers: 0 })
    await project.lint()
    for (let round = 0; round < 3; round++) {
      const gone = Array.from({ length: 8 }, () => random.pick([...files.keys()]))
      for (const path of gone) {
        now.delete(path)
        project.changedOnDisk(path)
      }
      await project.lint({ paths: [] })
      for (const path of gone) {
        now.set(path, files.get(path)!)
        project.changedOnDisk(path)
      }
      await project.lint({ paths: [] })
    }
    assert.deepEqual(await findingsOf(project), expected)
    await project.dispose()
  })

  describe('on disk', () => {
    let root: string

    before(() => {
      root = mkdtempSync(join(tmpdir(), 'costlint-states-'))
      for (const [path, text] of files) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
    })

    after(() => rmSync(root, { recursive: true, force: true }))

    for (const workers of [1, 2])
      it(`says the same with ${workers} workers`, async () => {
        const host: Host = { ...createNodeHost(), createWorker: bundledWorker }
        const { answersFor: _none, ...rest } = host
        assert.deepEqual(await says(rest, root, { workers }), expected)
      })
  })
})

function bundledWorker(): HostWorker {
  const worker = new Worker(new URL('../../dist/worker.js', import.meta.url))
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onError: (listener) => void worker.on('error', listener),
    terminate: async () => void (await worker.terminate()),
  }
}
