/** The examples for CI and the action: their steps are run here as the services would run them. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { parse, parseAllDocuments } from 'yaml'
import { Folder } from '../cli/folder.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const releaseUrl = `https://github.com/costlint/costlint/releases/download/v${version}/costlint-${version}.tgz`
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(X, y)
`
const endpoint = (machine: string) => `from sagemaker.pytorch import PyTorchModel
model = PyTorchModel(model_data="s3://b/m.tar.gz", role="r", entry_point="serve.py", framework_version="2.1")
model.deploy(initial_instance_count=1, instance_type="${machine}", endpoint_name="tickets")
`

interface Step {
  name?: string
  id?: string
  run?: string
  uses?: string
  if?: string
  env?: Record<string, string | number>
  with?: Record<string, string>
}

/** What stands in `${{ … }}`: every expression must be known. */
function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    assert.ok(Object.hasOwn(values, expression), `nothing is known of ${expression}`)
    return values[expression]!
  })
}

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim()

describe('examples for CI', function () {
  this.timeout(300_000)
  const folder = new Folder()
  const release = join(folder.path, 'release')
  const tarball = join(release, `costlint-${version}.tgz`)
  const prefix = join(folder.path, 'global')
  const path = `${join(prefix, 'bin')}${delimiter}${process.env.PATH}`

  before(() => {
    execFileSync(process.execPath, ['packaging/pack.mjs', 'npm', '--out', release], {
      cwd: root,
      stdio: 'pipe',
    })
    shell(folder.path, `npm install --global --offline --no-audit --no-fund "${tarball}"`)
  })
  after(() => folder.remove())

  function shell(cwd: string, script: string, env: Readonly<Record<string, string>> = {}, command = 'bash') {
    mkdirSync(cwd, { recursive: true })
    const { status, stdout, stderr } = spawnSync(command, ['-ec', script], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, PATH: path, npm_config_prefix: prefix, npm_config_offline: 'true', ...env },
    })
    return { code: status, out: stdout, err: stderr }
  }

  function must(
    cwd: string,
    script: string,
    env?: Readonly<Record<string, string>>,
    command?: string,
  ): string {
    const { code, out, err } = shell(cwd, script, env, command)
    assert.equal(code, 0, `${script}\n${out}${err}`)
    return out
  }

  /** Repositories that can be cloned, and their list. */
  function server(names: readonly string[], suffix = ''): string {
    const where = join(folder.path, `server${suffix}`)
    names.forEach((name, index) => {
      const repository = join(where, name + suffix)
      if (existsSync(repository)) return
      mkdirSync(repository, { recursive: true })
      writeFileSync(join(repository, 'tune.py'), search)
      if (index === 0) writeFileSync(join(repository, 'costlint.toml'), 'selct = []\n')
      git(repository, 'init', '-q')
      git(repository, 'add', '-A')
      git(repository, 'commit', '-qm', 'one')
    })
    return where
  }

  const names = Array.from({ length: 8 }, (_, index) => `team/r${index}`)
  const kinds = (text: string, kind: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((line) => line.kind === kind)

  it('the action installs, lints, and tells the difference to the base branch', () => {
    const { inputs, outputs, runs } = parse(read('action.yml'))
    const origin = join(folder.path, 'origin.git')
    const work = join(folder.path, 'work')
    mkdirSync(work)
    git(work, 'init', '-q', '-b', 'main')
    folder.write({ 'work/tune.py': search, 'work/serve.py': endpoint('ml.g5.xlarge') })
    git(work, 'add', '-A')
    git(work, 'commit', '-qm', 'base')
    git(folder.path, 'clone', '-q', '--bare', work, origin)
    folder.write({ 'work/serve.py': endpoint('ml.g5.12xlarge') })
    git(work, 'checkout', '-q', '-b', 'change')
    git(work, 'commit', '-qam', 'larger')
    // As a shallow checkout of the change: the base is not there.
    git(work, 'remote', 'add', 'origin', `file://${origin}`)
    git(work, 'branch', '-qD', 'main')
    const files = Object.fromEntries(
      ['GITHUB_PATH', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder.path, name)]),
    )
    for (const file of Object.values(files)) writeFileSync(file, '')
    const temporary = join(folder.path, 'runner')
    mkdirSync(temporary)
    const values: Record<string, string> = { 'github.base_ref': 'main' }
    for (const [name, { default: usual }] of Object.entries<{ default: string | number }>(inputs))
      values[`inputs.${name}`] = filledIn(String(usual), values)
    values['inputs.tarball'] = tarball
    let steps = 0
    for (const step of runs.steps as Step[]) {
      if (step.uses !== undefined) {
        assert.match(step.uses, /^github\/codeql-action\/upload-sarif@v\d+$/)
        const log = JSON.parse(readFileSync(join(work, filledIn(step.with!.sarif_file!, values)), 'utf8'))
        const found = log.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)
        assert.ok(found.includes('search/grid-search'), found.join(' '))
        continue
      }
      const env = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([name, value]) => [name, filledIn(String(value), values)]),
      )
      const added = readFileSync(files.GITHUB_PATH!, 'utf8').trim()
      const { code, out, err } = shell(work, step.run!, {
        ...files,
        ...env,
        RUNNER_TEMP: temporary,
        PATH: `${added}${delimiter}${process.env.PATH}`,
      })
      for (const line of readFileSync(files.GITHUB_OUTPUT!, 'utf8').trim().split('\n')) {
        const [name, value = ''] = line.split('=')
        values[`steps.lint.outputs.${name}`] = value
      }
      assert.equal(code, step.name === 'Result' ? 1 : 0, `${step.name}\n${out}${err}`)
      if (step.id === 'lint') assert.match(out, /^::warning .*file=tune\.py/m)
      steps++
    }
    assert.equal(steps, 3)
    for (const { value } of Object.values<{ value: string }>(outputs))
      assert.notEqual(filledIn(value, values), '')
    const summary = readFileSync(files.GITHUB_STEP_SUMMARY!, 'utf8')
    assert.match(summary, /search\/grid-search/)
    assert.match(summary, /serve\.py/)
    assert.match(summary, /ml\.g5\.xlarge|\+\$|more/)
    assert.equal(summary, readFileSync(values['steps.lint.outputs.comment']!, 'utf8'))
  })

  it('the workflow for GitHub uses the action as it is', () => {
    const { inputs, outputs } = parse(read('action.yml'))
    const { jobs } = parse(read('ci/github.yml'))
    const steps = jobs.costlint.steps as Step[]
    const own = steps.find(({ id }) => id === 'costlint')!
    assert.equal(own.uses, `costlint/costlint@v${version}`)
    for (const name of Object.keys(own.with ?? {})) assert.ok(name in inputs, name)
    const used = [...read('ci/github.yml').matchAll(/steps\.costlint\.outputs\.([\w-]+)/g)]
    assert.ok(used.length > 0)
    for (const [, name] of used) assert.ok(name! in outputs, name)
    assert.equal(String(inputs.version.default), version)
  })

  it('a matrix on GitHub lints its parts and joins them', () => {
    const { jobs } = parse(read('ci/github-matrix.yml'))
    const cwd = join(folder.path, 'matrix')
    mkdirSync(cwd)
    // The workflow's own repository lies around what is cloned.
    git(cwd, 'init', '-q')
    writeFileSync(join(cwd, 'repositories.txt'), [...names, 'team/gone'].join('\n'))
    const parts: number[] = jobs.lint.strategy.matrix.part
    const artifacts = join(folder.path, 'artifacts')
    mkdirSync(artifacts)
    const play = (
      steps: Step[],
      where: string,
      values: Record<string, string>,
      env: Record<string, string>,
    ) => {
      for (const step of steps) {
        if (step.run === undefined) continue
        const own = Object.fromEntries(
          Object.entries(step.env ?? {}).map(([name, value]) => [name, filledIn(String(value), values)]),
        )
        must(where, step.run.replace(releaseUrl, `"${tarball}"`), { ...env, ...own })
      }
    }
    for (const part of parts) {
      const values = {
        'matrix.part': String(part),
        'strategy.job-total': String(parts.length),
        'github.server_url': server(names),
      }
      const env = Object.fromEntries(
        Object.entries<string>(jobs.lint.env).map(([name, value]) => [name, filledIn(value, values)]),
      )
      play(jobs.lint.steps, cwd, values, env)
    }
    for (const name of readdirSync(cwd).filter((one) => one.startsWith('costlint-')))
      copyFileSync(join(cwd, name), join(artifacts, name))
    play(jobs.merge.steps, artifacts, {}, {})
    const lines = readFileSync(join(artifacts, 'costlint.jsonl'), 'utf8')
    assert.deepEqual(
      kinds(lines, 'finding')
        .map((each) => each.path)
        .sort(),
      names.map((name) => `repositories/${name}/tune.py`),
    )
    assert.deepEqual(
      kinds(lines, 'error')
        .map((each) => each.path)
        .sort(),
      ['repositories/team/gone', 'repositories/team/r0/costlint.toml'],
    )
    const log = JSON.parse(readFileSync(join(artifacts, 'costlint.sarif'), 'utf8'))
    const uris = log.runs[0].results.map(
      (each: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        each.locations[0]!.physicalLocation.artifactLocation.uri,
    )
    assert.deepEqual(
      uris.sort(),
      names.map((name) => `repositories/${name}/tune.py`),
    )
    const bill = JSON.parse(readFileSync(join(artifacts, 'costlint.bill.json'), 'utf8'))
    assert.ok(Array.isArray(bill.jobs))
  })

  it('the component for GitLab lints, and writes what its reports name', () => {
    const [head, body] = parseAllDocuments(read('templates/costlint.yml')).map((document) => document.toJS())
    const values = Object.fromEntries(
      Object.entries<{ default: string | number }>(head.spec.inputs).map(([name, { default: usual }]) => [
        name,
        usual,
      ]),
    )
    const filled = (text: string) =>
      text.replace(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: string) => {
        assert.ok(name in values, name)
        return String(values[name])
      })
    const { script, variables, artifacts } = body.costlint
    assert.equal(filled(variables.COSTLINT_TARBALL), releaseUrl)
    const cwd = join(folder.path, 'gitlab')
    folder.write({ 'gitlab/tune.py': search })
    const lines = (script as string[]).map(filled).join('\n')
    const { code, out } = shell(cwd, lines, { COSTLINT_TARBALL: tarball }, 'sh')
    assert.equal(code, 1)
    assert.match(out, /search\/grid-search/)
    for (const file of Object.values<string>(artifacts.reports)) assert.ok(existsSync(join(cwd, file)), file)
    const { include } = parse(read('ci/gitlab.yml'))
    assert.match(include[0].component, new RegExp(`/costlint@${version}$`))
    for (const name of Object.keys(include[0].inputs)) assert.ok(name in head.spec.inputs, name)
  })

  it('parallel jobs on GitLab lint their parts and join them', () => {
    const file = parse(read('ci/gitlab-parallel.yml'))
    const total: number = file.costlint.parallel
    const cwd = join(folder.path, 'parallel')
    mkdirSync(cwd)
    git(cwd, 'init', '-q')
    writeFileSync(join(cwd, 'repositories.txt'), names.join('\n'))
    const install = (file.default.before_script as string[]).join('\n').replace(releaseUrl, `"${tarball}"`)
    for (let index = 1; index <= total; index++)
      must(cwd, [install, ...file.costlint.script].join('\n'), {
        CI_NODE_INDEX: String(index),
        CI_NODE_TOTAL: String(total),
        CI_SERVER_URL: server(names, '.git'),
      })
    must(cwd, (file['costlint-merge'].script as string[]).join('\n'))
    const lines = readFileSync(join(cwd, 'costlint.jsonl'), 'utf8')
    assert.equal(kinds(lines, 'finding').length, names.length)
    assert.equal(kinds(lines, 'summary').length, 1)
  })

  it('an indexed job on Kubernetes lints a list of repositories, a part in each pod', () => {
    const { spec } = parse(read('ci/kubernetes-indexed-job.yaml'))
    assert.equal(spec.completionMode, 'Indexed')
    const [container] = spec.template.spec.containers
    const env: Record<string, string> = Object.fromEntries(
      container.env.map((each: { name: string; value: string }) => [each.name, each.value]),
    )
    assert.equal(env.PARTS, String(spec.completions))
    const mounts = container.volumeMounts.map((each: { name: string }) => each.name)
    assert.deepEqual(
      mounts.sort(),
      spec.template.spec.volumes.map((each: { name: string }) => each.name).sort(),
    )
    const repositories = server(names)
    writeFileSync(join(repositories, 'list.txt'), names.join('\n'))
    const results = join(folder.path, 'results')
    mkdirSync(results)
    const parts = 3
    for (let index = 0; index < parts; index++)
      must(
        repositories,
        container.args[0].replaceAll('/results', results),
        {
          JOB_COMPLETION_INDEX: String(index),
          PARTS: String(parts),
          COSTLINT_CACHE_DIR: join(folder.path, 'cache'),
        },
        container.command[0],
      )
    assert.deepEqual(readdirSync(results).sort(), ['0.jsonl', '1.jsonl', '2.jsonl'])
    const joined = must(results, 'costlint merge *.jsonl')
    assert.equal(kinds(joined, 'finding').length, names.length)
    assert.equal(kinds(joined, 'summary')[0].files, 2 * names.length - (names.length - 1))
  })

  it('nothing in the examples is a waste itself', () => {
    const { code, out } = shell(root, 'costlint check --no-cache ci templates action.yml Dockerfile')
    assert.equal(code, 0, out)
  })
})
