import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal, orderEdits } from '../../server/src/edit/fragment-edit.js'
import { shellEdits } from '../../server/src/edit/shell.js'
import type { ShellWrite } from '../../server/src/edit/write.js'

const set = (
  name: string,
  value: string | null,
  scheduler: 'SBATCH' | 'PBS' | 'BSUB' = 'SBATCH',
): ShellWrite => ({
  kind: 'set directive',
  fragment: 0,
  scheduler,
  name,
  value,
})

function edited(text: string, ...writes: ShellWrite[]): string {
  const edits = shellEdits(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  const ordered = orderEdits(edits)
  if (isRefusal(ordered)) throw new Error(ordered.reason)
  return applyFragmentEdits(text, ordered)
}

describe('edit/shell', () => {
  it('replaces the value of a directive, in every spelling', () => {
    assert.equal(
      edited('#SBATCH --time=1:00 # x\n', set('time', '24:00:00')),
      '#SBATCH --time=24:00:00 # x\n',
    )
    assert.equal(edited('#SBATCH --time 1:00\n', set('time', '24:00:00')), '#SBATCH --time 24:00:00\n')
    assert.equal(
      edited('#SBATCH -N 1 -t 1:00 -n 4\n', set('time', '24:00:00')),
      '#SBATCH -N 1 -t 24:00:00 -n 4\n',
    )
    assert.equal(edited('#SBATCH --comment="a b"\n', set('comment', 'c d')), '#SBATCH --comment="c d"\n')
    assert.equal(edited('#SBATCH --requeue\n', set('requeue', null)), '#SBATCH --requeue\n')
    assert.equal(
      edited('#PBS -l select=1:ngpus=2,walltime=1:00\n', set('walltime', '24:00:00', 'PBS')),
      '#PBS -l select=1:ngpus=2,walltime=24:00:00\n',
    )
    assert.equal(edited('#BSUB -W 1:00\n', set('W', '24:00', 'BSUB')), '#BSUB -W 24:00\n')
  })
  it('adds a directive behind the last one, in the style of the file', () => {
    const text = '#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --gres=gpu:1  # one\n\nsrun x\n'
    assert.equal(edited(text, set('time', '1:00')), text.replace('# one\n', '# one\n#SBATCH --time=1:00\n'))
    assert.equal(
      edited('#SBATCH --nodes 1\r\nx\r\n', set('time', '1:00')),
      '#SBATCH --nodes 1\r\n#SBATCH --time 1:00\r\nx\r\n',
    )
    assert.equal(edited('#SBATCH -N 1\n', set('requeue', null)), '#SBATCH -N 1\n#SBATCH --requeue\n')
    assert.equal(edited('#!/bin/bash\nx\n', set('time', '1:00')), '#!/bin/bash\n#SBATCH --time=1:00\nx\n')
    assert.equal(edited('x\n', set('time', '1:00')), '#SBATCH --time=1:00\nx\n')
    assert.equal(edited('#PBS -q a\n', set('walltime', '1:00', 'PBS')), '#PBS -q a\n#PBS -l walltime=1:00\n')
    assert.equal(edited('#BSUB -q a', set('W', '1:00', 'BSUB')), '#BSUB -q a\n#BSUB -W 1:00')
    assert.equal(
      edited('#SBATCH -N 1\n', set('time', '1:00'), set('requeue', null), set('time', '2:00')),
      '#SBATCH -N 1\n#SBATCH --time=2:00\n#SBATCH --requeue\n',
    )
  })
  it('does not take directives behind the first command for real ones', () => {
    assert.equal(edited('x\n#SBATCH --time=1\n', set('time', '2')), '#SBATCH --time=2\nx\n#SBATCH --time=1\n')
  })
  it('replaces text and sets directives in one change', () => {
    const text = '#SBATCH -N 1\ntorchrun --nproc_per_node=1 a.py\n'
    const start = text.indexOf('1 a.py')
    assert.equal(
      edited(text, set('time', '1'), { kind: 'replace text', fragment: 0, start, end: start + 1, text: '4' }),
      '#SBATCH -N 1\n#SBATCH --time=1\ntorchrun --nproc_per_node=4 a.py\n',
    )
  })
  it('refuses a value with a line break', () => {
    assert.ok(isRefusal(shellEdits('x\n', [set('time', '1\nrm')])))
  })
})
