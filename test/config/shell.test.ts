import assert from 'node:assert/strict'
import { dockerfileFacts } from '../../server/src/config/dockerfile.js'
import { shellFacts } from '../../server/src/config/shell.js'
import type { ShellFacts } from '../../server/src/config/shell-facts.js'
import { splitCommands } from '../../server/src/config/shell-words.js'
import { nodeGrammars } from './grammars.js'

const trees = await nodeGrammars('bash')
const read = (text: string) => shellFacts(text, trees)
/** Commands as text; unreadable words as `?`, those that may be any number of words as `??`. */
const shown = (facts: ShellFacts) =>
  facts.commands.map((command) =>
    command.words.map((word) => word.text ?? (word.splits ? '??' : '?')).join(' '),
  )
const commands = (text: string) => shown(read(text))

describe('shell scripts', () => {
  it('gives every word with its exact range', () => {
    const source = `torchrun --nproc_per_node=4 "my train".py \\\n  --lr '1e-4' > log 2>&1 &\n`
    const [command] = read(source).commands
    assert.deepEqual(
      command!.words.map((word) => [word.text, source.slice(word.start, word.end)]),
      [
        ['torchrun', 'torchrun'],
        ['--nproc_per_node=4', '--nproc_per_node=4'],
        ['my train.py', '"my train".py'],
        ['--lr', '--lr'],
        ['1e-4', "'1e-4'"],
      ],
    )
    assert.equal(command!.background, true)
    assert.equal(source.slice(command!.start, command!.end), source.slice(0, source.indexOf(' >')))
  })

  it('keeps what is set before a loop over options, as something that these may replace', () => {
    const script = `
EPOCHS=100; NAME=""; LR=$RATE
while [[ $# -gt 0 ]]; do
  case $1 in
    --epochs) EPOCHS="$2"; shift 2 ;;
    --name) NAME=$2; LR=$3; shift 3 ;;
  esac
done
python train.py $EPOCHS "$NAME" "$LR"
`
    const [, , epochs, name, rate] = read(script).commands.at(-1)!.words
    assert.deepEqual([epochs!.text, epochs!.fallback], ['100', true])
    assert.deepEqual([name!.text, rate!.text], [null, null])
    // Where it is known that there are arguments, nobody knows what they leave.
    const given = shellFacts(script, trees, { arguments: ['--epochs', '5'], environment: {} })
    assert.equal(given.commands.at(-1)!.words[2]!.text, null)
    assert.deepEqual(
      commands('A=1\nwhile ready; do A=$(next); done\npython a.py "$A"').at(-1),
      'python a.py ?',
    )
  })

  it('takes the way that known arguments and variables lead', () => {
    const script = `
MODE=\${2:-train}
if [ "$1" = all ] || [[ $1 == "train" ]] && [ "$MODE" != dry ]; then
  python train.py --gpus $3 --lr \${LR:-0.1} "$@"
elif [ "$HOST" = a ]; then
  python a.py
else
  python evaluate.py
fi
case "$1" in
  train|all) python one.py ;;
  *) python other.py ;;
esac
`
    const called = (given: (string | null)[] | null, environment: Record<string, string | null> = {}) =>
      shown(shellFacts(script, trees, { arguments: given, environment })).filter((one) =>
        one.startsWith('python'),
      )
    assert.deepEqual(called(['train', 'fast', '8'], { LR: '1' }), [
      'python train.py --gpus 8 --lr 1 train fast 8',
      'python one.py',
    ])
    assert.deepEqual(called(['x'], { HOST: 'b' }), ['python evaluate.py', 'python other.py'])
    // What is not known leaves all ways open.
    for (const one of [called([null, 'train', '2'], { LR: null }), called(null), commands(script)])
      assert.deepEqual(
        one.filter((line) => line.startsWith('python')).map((line) => line.split(' ')[1]),
        ['train.py', 'a.py', 'evaluate.py', 'one.py', 'other.py'],
      )
  })

  it('expands what the script assigned', () => {
    assert.deepEqual(
      commands(`
N=2
GPUS=\${GPUS:-8}
ARGS="--bf16 --lr 1e-4"
MORE=(--a 'b c')
MORE+=(--d)
python train.py --np $((N * GPUS + 1)) $ARGS "\${MORE[@]}" --out="$N/$HOME" --name "$ARGS" \${MORE[1]} \${EMPTY:-}
`),
      ['python train.py --np 17 --bf16 --lr 1e-4 --a b c --d ? --name --bf16 --lr 1e-4 b c'],
    )
  })

  it('changes what a variable holds', () => {
    assert.deepEqual(
      commands(`
FILE=configs/base.yaml
NAME=\${FILE##*/}
TEXT=at-__A__-and-__A__
python train.py \${NAME%.yaml} \${TEXT//__A__/$FILE} \${TEXT/__A__/b} \${NAME^^} \${NAME%%.*} \${TEXT//*/x} \${TEXT/%__/x}
`),
      ['python train.py base at-configs/base.yaml-and-configs/base.yaml at-b-and-__A__ BASE.YAML ? ? ?'],
    )
  })

  it('gives up a value that replacing makes longer than any command line', () => {
    const more = Array.from({ length: 40 }, () => 'X=${X//a/$X}').join('\n')
    assert.deepEqual(commands(`X=aaaaaaaa\n${more}\npython train.py "$X"\n`), ['python train.py ?'])
  })

  it('reads around what it does not know inside a value', () => {
    const source = `export LAUNCHER="accelerate launch --num_processes $((SLURM_NNODES * 4))"
ARGS="$ARGS --bf16"
CMD="$LAUNCHER $ROOT/train.py --lr=$LR $ARGS"
srun $CMD
bash -c "$CMD"
`
    const [srun, bash] = read(source).commands
    assert.deepEqual(
      srun!.words.map((word) => word.text ?? word.outline ?? (word.splits ? '??' : '?')),
      ['srun', 'accelerate', 'launch', '--num_processes', '?', '${?}/train.py', '--lr=${?}', '??', '--bf16'],
    )
    assert.equal(
      bash!.words[2]!.outline,
      'accelerate launch --num_processes ${?} ${?}/train.py --lr=${?} ${?} --bf16',
    )
  })

  it('reads a value with a dash between two variables', () => {
    const facts = read(
      'BASE=/data\nRUN=$BASE/runs/$NAME-$ID\nLAST=$BASE/runs/x-$ID\npython train.py --out $BASE/a-b\n',
    )
    assert.deepEqual(
      facts.commands.map((command) => command.words.map((word) => word.raw)),
      [['python', 'train.py', '--out', '$BASE/a-b']],
    )
    assert.deepEqual(Object.keys(facts.variables), ['BASE', 'RUN', 'LAST'])
  })

  it('takes white space that the shell does not know for letters', () => {
    // All that a regular expression calls white space, blanks, tabs and line ends aside.
    const others = [...'\v\f\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff']
    for (const other of others) {
      assert.match(other, /\s/)
      const line = `python train.py${other}--lr 1`
      assert.deepEqual(
        splitCommands(`${line} && ls`, 0).map((words) => words.map((word) => word.text)),
        [['python', `train.py${other}--lr`, '1'], ['ls']],
      )
      assert.deepEqual(
        dockerfileFacts(`FROM a\nENV A=1${other}B C=2\n`).stages[0]!.environment.map(({ name, value }) => [
          name,
          value,
        ]),
        [
          ['A', `1${other}B`],
          ['C', '2'],
        ],
      )
    }
  })

  it('does not know what grows beyond measure', () => {
    const doubled = 'A=$A$A\n'.repeat(60)
    assert.equal(commands(`A=xxxxxxxx\n${doubled}python t.py $A`)[0], 'python t.py ?')
    assert.equal(
      commands('python t.py {1..90}{1..90}{1..90} {0..2000000..1000000}')[0],
      'python t.py ?? 0 1000000 2000000',
    )
    // Beyond 2⁵³ one more is the same number.
    for (const many of ['{9007199254740992..9007199254740994}', '$(seq 9007199254740992 9007199254740994)'])
      assert.match(commands(`python t.py ${many}`)[0]!, /^python t\.py (\?\?|\{9007199254740992\.\.)/)
    const [stage] = dockerfileFacts(`FROM a\nENV A=xxxxxxxx\n${'ENV A=$A$A\n'.repeat(60)}`).stages
    assert.equal(stage!.environment.at(-1)!.value, null)
  })

  it('gives the items of an array their own places', () => {
    const source = 'ARGS=(\n  --fp16\n  --lr 1\n)\npython t.py "${ARGS[@]}"\n'
    const word = read(source).commands[0]!.words[2]!
    assert.equal(source.slice(word.start, word.end), '--fp16')
  })

  it('does not know what comes from outside', () => {
    const source = 'python t.py $1 --lr "$LR" "$@" $EXTRA_ARGS --n ${1:-4} $(date) x$(date)y `id`\n'
    assert.equal(commands(source)[0], 'python t.py ? --lr ? ?? ?? --n 4 ?? ? ??')
    // What runs inside $( ) are commands too.
    assert.deepEqual(commands(source).slice(1), ['date', 'date', 'id'])
  })

  it('leaves a function where it returns, and the script where it exits', () => {
    assert.deepEqual(
      commands(
        'f() {\nif [ -z "$1" ]; then LR=1; return; fi\nLR=2\nreturn\nLR=3\n}\nf 1\npython t.py $LR',
      ).at(-1),
      'python t.py 2',
    )
    const last = (end: string) => read(`f() {\n${end}\n}\nf\npython t.py`).commands.at(-1)!.unreachable
    assert.deepEqual([last('return 1'), last('exit 1')], [false, true])
  })

  it('reads a function once for each call, but no long one time and again', () => {
    assert.deepEqual(
      commands('f() {\npython t.py $1\n}\nf 1\nf 2').filter((one) => one.startsWith('python')),
      ['python t.py 1', 'python t.py 2'],
    )
    const long = `f() {\n${'python t.py $1\n'.repeat(2_000)}}\n${'f 1\nf 2\n'.repeat(6)}`
    assert.equal(commands(long).filter((one) => one.startsWith('python')).length, 2_000)
    const round = Array.from({ length: 30 }, (_, index) => {
      const next = [1, 2, 3].map((by) => `f${(index + by) % 30} $1 ${by}`).join('\n')
      return `f${index}() {\n${next}\npython t.py $1 $2\n}`
    })
    assert.ok(commands(`${round.join('\n')}\nf0 1\nf0 2`).length < 1_000)
  })

  it('does not know what branches disagree on', () => {
    assert.deepEqual(
      commands(`
SAME=1
if [ "$1" = a ]; then LR=1; SAME=1; FLAG="--x"; else LR=2; SAME=1; fi
python t.py --lr $LR --same $SAME $FLAG
case $1 in a) M=1;; *) exit 2;; esac
python u.py --m $M
for i in 1 2; do K=$((K + 1)); python v.py --k $K; done
(SAME=9)
python w.py $SAME
`),
      ['python t.py --lr ? --same 1 ??', 'exit 2', 'python u.py --m 1', 'python v.py --k ?', 'python w.py 1'],
    )
  })

  it('keeps what stands before conditional arguments', () => {
    assert.deepEqual(
      commands(
        'A="--x 1"\nif t; then A="$A --y"; fi\nB=(--x)\n[ -n "$1" ] && B+=(--y)\nif t; then B+=(--z); fi\npython t.py $A\npython u.py "${B[@]}"\n',
      ).slice(-2),
      ['python t.py --x 1 ??', 'python u.py --x ?? ??'],
    )
  })

  it('counts the words of loops', () => {
    const loops = (text: string) => read(text).commands.at(-1)!.loops
    assert.deepEqual(loops('for lr in 1e-3 1e-4; do for bs in {1..3}; do python t.py --lr $lr; done; done'), [
      { variable: 'lr', count: 2, fractions: true, numbers: true },
      { variable: 'bs', count: 3, numbers: true },
    ])
    assert.deepEqual(loops('LRS="1 2 3"; for lr in $LRS; do x; done'), [
      { variable: 'lr', count: 3, numbers: true },
    ])
    assert.deepEqual(loops('A=(1 2); for lr in "${A[@]}"; do x; done'), [
      { variable: 'lr', count: 2, numbers: true },
    ])
    assert.deepEqual(loops('for i in $(seq 0 2 8); do x; done'), [{ variable: 'i', count: 5, numbers: true }])
    assert.deepEqual(loops('N=4; for ((i=0; i<N; i++)); do x; done'), [{ variable: 'i', count: 4 }])
    for (const open of ['"$@"', '*.yaml', '$HOSTS', '$(ls)']) {
      assert.deepEqual(loops(`for f in ${open}; do x; done`), [{ variable: 'f', count: null }])
    }
    assert.deepEqual(commands('for x in only; do python t.py $x; done'), ['python t.py only'])
  })

  it('knows environment, swallowed failures, background and unreachable commands', () => {
    const source = `export A=1 B="x y"
A=2
CUDA_VISIBLE_DEVICES=0,1 python a.py || true
python b.py &
helper() { python c.py; }
used() { python d.py --lr $1; }
used 3
exit 0
python e.py
`
    const { commands } = read(source)
    const by = (name: string) => commands.find((command) => command.words[1]?.text === name)!
    assert.deepEqual(
      by('a.py').environment.map((one) => [one.name, one.value, source.slice(one.start, one.end)]),
      [
        ['A', '2', 'A=2'],
        ['B', 'x y', 'B="x y"'],
        ['CUDA_VISIBLE_DEVICES', '0,1', 'CUDA_VISIBLE_DEVICES=0,1'],
      ],
    )
    assert.equal(by('a.py').failureIgnored, true)
    assert.equal(by('b.py').failureIgnored, false)
    assert.equal(by('b.py').background, true)
    assert.equal(by('c.py').unreachable, true)
    assert.deepEqual(
      by('d.py').words.map((word) => word.text),
      ['python', 'd.py', '--lr', '3'],
    )
    assert.equal(by('d.py').unreachable, false)
    assert.equal(by('e.py').unreachable, true)
  })

  it('follows cd', () => {
    const folders = (text: string) =>
      read(text)
        .commands.filter((command) => command.words[0]!.text === 'python')
        .map((command) => command.folder)
    assert.deepEqual(
      folders(
        'python a\ncd src && python b\ncd ../lib\npython c\n(cd x; python d)\npython e\ncd $D\npython f',
      ),
      ['', 'src', 'lib', 'lib/x', 'lib', null],
    )
    assert.deepEqual(folders('DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"\ncd "$DIR"\npython a'), [
      '..',
    ])
    assert.deepEqual(commands('python $(dirname "$0")/train.py --config $PWD/c.yaml'), [
      'python ./train.py --config ./c.yaml',
      'dirname ?',
    ])
  })

  it('reads directives up to the first command', () => {
    const source = `#!/bin/bash
#SBATCH --job-name=train --gres=gpu:4   # four of them
#SBATCH -t 24:00:00 -N2
##SBATCH --mem=1G
#SBATCH --mail-user "a b"
#SBATCH --exclusive --requeue

module load cuda
#SBATCH --nodes=9
`
    const { directives } = read(source)
    assert.deepEqual(
      directives.map((one) => [
        one.name,
        one.value,
        source.slice(one.start, one.end),
        source.slice(one.valueStart, one.valueEnd),
      ]),
      [
        ['job-name', 'train', '--job-name=train', 'train'],
        ['gres', 'gpu:4', '--gres=gpu:4', 'gpu:4'],
        ['time', '24:00:00', '-t 24:00:00', '24:00:00'],
        ['nodes', '2', '-N2', '2'],
        ['mail-user', 'a b', '--mail-user "a b"', '"a b"'],
        ['exclusive', null, '--exclusive', ''],
        ['requeue', null, '--requeue', ''],
      ],
    )
    assert.deepEqual(
      read('#PBS -l select=1:ngpus=2,walltime=01:00:00 -N name\n#BSUB -W 1:00 -gpu "num=2"\n').directives.map(
        (one) => [one.scheduler, one.name, one.value],
      ),
      [
        ['PBS', 'select', '1:ngpus=2'],
        ['PBS', 'walltime', '01:00:00'],
        ['PBS', 'N', 'name'],
        ['BSUB', 'W', '1:00'],
        ['BSUB', 'gpu', 'num=2'],
      ],
    )
  })

  it('reads what a shell is given on its standard input, at its place', () => {
    const source = `cd work
singularity exec --nv image.sif bash -e << EOF > out.$JOB 2> err.$JOB
pip install timm
python main_pretrain.py --epochs 800
EOF
ssh login bash <<'EOF'
python elsewhere.py
EOF
cat > job.sh <<'EOF'
python later.py
EOF
echo done
`
    const facts = read(source)
    assert.deepEqual(shown(facts), [
      'cd work',
      'singularity exec --nv image.sif bash -e',
      'pip install timm',
      'python main_pretrain.py --epochs 800',
      'ssh login bash',
      'cat',
      'echo done',
    ])
    const program = facts.commands[3]!
    assert.equal(source.slice(program.start, program.end), 'python main_pretrain.py --epochs 800')
    assert.equal(program.folder, 'work')
  })

  it('takes a text between marks as the value of a variable', () => {
    const last = (text: string) => commands(text).at(-1)
    const part = (text: string) => `LR=5e-6\n${text}`
    assert.equal(
      last(
        part(
          `read -r -d '' ARGS <<EOF\npkg.train \\\n  --lr $LR \\\n  --name run\nEOF\ndeepspeed --module $ARGS\n`,
        ),
      ),
      'deepspeed --module pkg.train --lr 5e-6 --name run',
    )
    assert.equal(
      last(part(`IFS= read -r -d "" ARGS <<'EOF' || true\n--lr $LR\nEOF\npython t.py $ARGS\n`)),
      'python t.py --lr $LR',
    )
    assert.equal(
      last(part('ARGS=$(cat <<EOF\n--lr $LR\nEOF\n)\npython t.py $ARGS\n')),
      'python t.py --lr 5e-6',
    )
    assert.equal(
      last(part('export ARGS="$(cat <<EOF\n--lr $LR\nEOF\n)"\npython t.py $ARGS\n')),
      'python t.py --lr 5e-6',
    )
    // Other commands make another text of it.
    for (const made of ['$(sort <<EOF\na\nEOF\n)', '$(cat other)', '$(cat <<EOF | sort\na\nEOF\n)'])
      assert.match(last(`A=${made}\npython t.py $A\n`)!, /^python t\.py \?+$/, made)
    assert.equal(last('read -r A <<EOF\na b\nEOF\npython t.py $A\n'), 'python t.py ??')
  })

  it('reads around templates, heredocs, pipes and carriage returns', () => {
    assert.deepEqual(
      commands(
        '{% if x %}\npython t.py --lr {{ lr }} --bs ${{ inputs.bs }} # note\n{% endif %}\npython u.py | tee log\n',
      ),
      ['python t.py --lr ? --bs ?', 'python u.py', 'tee log'],
    )
    assert.deepEqual(commands('cat > x.py <<EOF\npython not.py\nEOF\nsrun python t.py <<< x\n'), [
      'cat',
      'srun python t.py',
    ])
    assert.deepEqual(commands('A=1\r\npython t.py \\\r\n  --a $A\r\npython u.py\r\n'), [
      'python t.py --a 1',
      'python u.py',
    ])
  })

  it('keeps the readable part of a broken script', () => {
    const facts = read('#SBATCH -t 1\npython a.py --x 1\nif [ a; then\npython b.py "open\n')
    assert.equal(facts.directives.length, 1)
    assert.equal(facts.hasErrors, true)
    assert.ok(shown(facts).includes('python a.py --x 1'))
    for (const hostile of [
      '$('.repeat(10_000),
      '('.repeat(10_000),
      '"${A:-'.repeat(10_000),
      'if x; then '.repeat(5_000),
      'a && '.repeat(10_000),
      '{{'.repeat(10_000),
      `${'A=$A$A\n'.repeat(60)}x $A`,
    ]) {
      assert.ok(Array.isArray(read(hostile).commands))
    }
  })

  it('knows what starts a command again', () => {
    const { commands } = shellFacts(
      `until python a.py; do sleep 5; done
while ! python b.py > log 2>&1; do echo again; done
while true; do python c.py; done
while true; do python d.py && break; done
while true; do python e.py; break; done
while [ -f go ]; do python f.py; done
`,
      trees,
    )
    const seen = commands
      .filter((one) => one.words[0]?.text === 'python')
      .map((one) => [one.words[1]!.text, one.repeated ?? null])
    assert.deepEqual(seen, [
      ['a.py', 'until success'],
      ['b.py', 'until success'],
      ['c.py', 'for ever'],
      ['d.py', 'until success'],
      ['e.py', null],
      ['f.py', null],
    ])
  })

  it('knows the text that swallows a failure', () => {
    const text = 'set -e\npython a.py > log || true\npython b.py || echo "b failed"\n'
    const by = shellFacts(text, trees).commands.flatMap((one) => one.ignoredBy ?? [])
    assert.deepEqual(
      by.map((one) => text.slice(one.start, one.end)),
      ['|| true', '|| echo "b failed"'],
    )
    assert.deepEqual(
      by.map((one) => one.text),
      ['|| true', '|| echo "b failed"'],
    )
  })
})
