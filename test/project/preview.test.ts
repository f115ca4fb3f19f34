/** Open files are answered before the project has been read, and nothing of that changes what is said in the end. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../../server/src/finding.js'
import { severities } from '../../server/src/host/configuration-shape.js'
import type { Host } from '../../server/src/host/host.js'
import { openProject } from '../../server/src/project/workspace.js'
import { parsePage } from '../cases/format.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { filesOf } from '../cases/runner.js'

const training = (batch = 32) =>
  [
    'import torch',
    'from layers import build',
    'def main():',
    "    model = build().to('cuda')",
    '    optimizer = torch.optim.AdamW(model.parameters())',
    `    loader = torch.utils.data.DataLoader(Images(), batch_size=${batch})`,
    '    for epoch in range(90):',
    '        for images, labels in loader:',
    '            loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())',
    '            optimizer.zero_grad()',
    '            loss.backward()',
    '            optimizer.step()',
    "if __name__ == '__main__':",
    '    main()',
    '',
  ].join('\n')

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\n#SBATCH --time=24:00:00\nsrun python train.py\n'
const project: Record<string, string> = {
  'vision/train.py': training(),
  'vision/layers.py': 'from torchvision.models import resnet50\ndef build():\n    return resnet50()\n',
  'vision/run.slurm': job,
  'other/train.py': training(64),
  'other/run.slurm': job,
  'other/helpers.py': training().replace("if __name__ == '__main__':\n    main()\n", ''),
  'other/driver.py': "from helpers import main\nif __name__ == '__main__':\n    main()\n",
}

function describeFinding({ rule, severity, location }: Finding): string {
  return `${location.path} ${location.cell} ${location.start}-${location.end} ${severity} ${rule}`
}

const whole = ({ findings }: { findings: Finding[] }) =>
  findings.map((one) => `${describeFinding(one)} ${one.message} ${one.fingerprint}`)

/** A gate in front of the files that pass. */
function gated(files: Record<string, string>, isGated: (path: string) => boolean) {
  const host = memoryHost(new Map(Object.entries(files)))
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrive: () => void = () => undefined
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const read: Host['read'] = async (path) => {
    if (isGated(path)) {
      arrive()
      await gate
    }
    return host.read(path)
  }
  return { host: { ...host, read }, reached, release: () => release() }
}

describe('a project that has not been read', () => {
  const options = { previewFrom: 1, workers: 0 }

  it('says of an open script what it, its modules and its launch say', async () => {
    const complete = await openProject(memoryRoot, memoryHost(new Map(Object.entries(project))))
    const all = (await complete.lint({ paths: ['vision/train.py'] })).findings
    const opened = await openProject(memoryRoot, memoryHost(new Map(Object.entries(project))), options)
    opened.open('vision/train.py', project['vision/train.py']!)
    const first = await opened.preview(['vision/train.py'])
    const onlyInFull = new Set(['observability/no-tracking', 'training/not-compiled'])
    assert.deepEqual(
      first!.findings.map(({ message }) => message),
      all.filter(({ rule }) => !onlyInFull.has(rule)).map(({ message }) => message),
    )
    // The launch names the machine.
    assert.ok(first!.findings.some(({ message }) => message.includes('A100')))
    const [finding] = first!.findings.filter(({ rule }) => rule === 'precision/full-precision')
    assert.ok((await opened.fixes(finding!)).length > 0, 'its fixes can be asked for')
    await opened.dispose()
    await complete.dispose()
  })

  it('does not wait for what has nothing to do with an open file', async () => {
    const { host } = gated(project, (path) => path.endsWith('.slurm') || path.endsWith('driver.py'))
    const opened = await openProject(memoryRoot, host, options)
    opened.open('other/helpers.py', project['other/helpers.py']!)
    const first = await opened.preview(['other/helpers.py'])
    assert.deepEqual(first!.findings, [], 'who imports it could refute what is said of it')
    await opened.dispose()
  })

  it('holds back that nothing ends a machine, where another script may', async () => {
    const create =
      'runpodctl create pod --name trainer --gpuType "NVIDIA A100 80GB PCIe" --imageName trainer:1\n'
    const opened = await openProject(memoryRoot, memoryHost(new Map([['pods/create.sh', create]])), options)
    opened.open('pods/create.sh', create)
    assert.deepEqual((await opened.preview(['pods/create.sh']))!.findings, [])
    const { findings } = await opened.lint()
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['lifecycle/no-autostop'],
    )
    await opened.dispose()
  })

  it('holds back what an importer or a further launch could refute', async () => {
    const files: Record<string, string> = { ...project }
    // More than are looked through for names.
    for (let index = 0; index < 4_100; index++) files[`data/part${index}.yaml`] = 'key: value\n'
    const opened = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))), options)
    for (const path of ['vision/train.py', 'other/helpers.py']) opened.open(path, project[path]!)
    const { findings } = (await opened.preview(['vision/train.py', 'other/helpers.py']))!
    assert.deepEqual(new Set(findings.map(({ location }) => location.path)), new Set(['vision/train.py']))
    assert.deepEqual(new Set(findings.map(({ severity }) => severity)), new Set(['warning']))
    await opened.dispose()
  })

  it('answers for the present text while it is being read, and in the end as if it had been read at once', async () => {
    const { host, reached, release } = gated(project, (path) => path.endsWith('driver.py'))
    const opened = await openProject(memoryRoot, host, options)
    opened.open('vision/layers.py', project['vision/layers.py']!)
    const reading = opened.lint()
    await reached
    opened.open('vision/layers.py', `${project['vision/layers.py']}# typed\n`)
    opened.open('vision/train.py', training(128))
    const first = await opened.preview(['vision/layers.py'])
    assert.deepEqual(first!.findings, [])
    opened.close('vision/layers.py')
    release()
    const before = await reading
    assert.equal(await opened.preview(['vision/train.py']), null, 'it has been read')
    const after = await opened.lint()

    const texts = new Map(Object.entries(project))
    const fresh = await openProject(memoryRoot, memoryHost(texts))
    assert.deepEqual(whole(before), whole(await fresh.lint()), 'a run sees the texts that it began with')
    texts.set('vision/train.py', training(128))
    const edited = await openProject(memoryRoot, memoryHost(texts))
    assert.deepEqual(whole(after), whole(await edited.lint()))
    for (const one of [opened, fresh, edited]) await one.dispose()
  })

  it('says first nothing that it does not say in the end, no less severely, and in the end what it says at once', async function () {
    this.timeout(60_000)
    const folder = fileURLToPath(new URL('../rules/', import.meta.url))
    const pages = (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
      name.endsWith('.md'),
    )
    const cases = pages
      .sort()
      .flatMap((name) => parsePage(readFileSync(`${folder}${name}`, 'utf8')).cases)
      .map(filesOf)
      .filter((files) => files.size > 1)
    let shown = 0
    for (const [index, files] of cases.entries()) {
      if (index % 20 !== 0) continue
      const fresh = await openProject(memoryRoot, memoryHost(files))
      const expected = await fresh.lint()
      const known = new Set(expected.findings.map(describeFinding))
      // That a file is a copy of another one is known when both have been read.
      const copied = new Set(
        expected.findings
          .filter(({ related }) => related.some(({ message }) => /this file is a copy/.test(message)))
          .map(describeFinding),
      )
      const opened = await openProject(memoryRoot, memoryHost(files), options)
      const paths = [...files.keys()].filter((path) => !path.endsWith('.ipynb'))
      for (const path of paths) {
        opened.open(path, files.get(path)!)
        const first = await opened.preview([path])
        // The bill of a job may be known only in the end, and a finding weigh more then.
        const wrong = first!.findings.filter(
          (one) =>
            !copied.has(describeFinding({ ...one, severity: 'hint' })) &&
            !severities
              .slice(0, severities.indexOf(one.severity) + 1)
              .some((severity) => known.has(describeFinding({ ...one, severity }))),
        )
        assert.deepEqual(wrong.map(describeFinding), [], `case ${index}, ${path}`)
        shown += first!.findings.length
      }
      assert.deepEqual(whole(await opened.lint()), whole(expected), `case ${index}`)
      await opened.dispose()
      await fresh.dispose()
    }
    assert.ok(shown > 20, `${shown} findings were shown first`)
  })
})
