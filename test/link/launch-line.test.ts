import assert from 'node:assert/strict'
import { shellFacts } from '../../server/src/config/shell.js'
import { splitCommands } from '../../server/src/config/shell-words.js'
import { parseLaunch } from '../../server/src/link/launch-line.js'
import { flagOf, type LaunchParts } from '../../server/src/link/launch-parts.js'
import type { Location, Span } from '../../server/src/text/location.js'
import { nodeGrammars } from '../config/grammars.js'

const trees = await nodeGrammars('bash')
const locate = (span: Span): Location => ({ path: 'run.sh', cell: null, ...span })

/** The first launch of a script. */
function parse(source: string): LaunchParts | null {
  for (const command of shellFacts(source, trees).commands) {
    const parts = parseLaunch(command.words, command.environment, locate)
    if (parts !== null) return parts
  }
  return null
}

const values = (record: Record<string, { value: unknown }>) =>
  Object.fromEntries(Object.entries(record).map(([name, one]) => [name, one.value]))

/** What most tests look at, in one line. */
function brief(source: string): string {
  const parts = parse(source)
  if (parts === null) return 'none'
  const { program, processes, nodes } = parts
  return `${parts.chain.join(' > ')} | ${program.path ?? (program.module === null ? '?' : `-m ${program.module}`)} | ${processes} x ${nodes}`
}

describe('launch lines', () => {
  it('finds what a server imports', () => {
    const cases: Record<string, string> = {
      'uvicorn main:app --host 0.0.0.0 --reload': 'uvicorn | -m main | 1 x 1',
      'exec uvicorn --factory --workers 4 pkg.api:create_app': 'uvicorn | -m pkg.api | 1 x 1',
      'uvicorn "main:${APP}"': 'uvicorn | -m main | 1 x 1',
      'uvicorn $APP': 'uvicorn | ? | 1 x 1',
      'python -m uvicorn app.main:app': 'uvicorn | -m app.main | 1 x 1',
      'poetry run gunicorn -k uvicorn.workers.UvicornWorker app:app -b :80': 'gunicorn | -m app | 1 x 1',
      'gunicorn -c conf.py': 'none',
      'FLASK_APP=src/app.py flask run -p 80': 'flask | src/app.py | 1 x 1',
      'flask --app hello --debug run': 'flask | -m hello | 1 x 1',
      'flask db upgrade': 'none',
      'fastapi run app/main.py --port 80': 'fastapi | app/main.py | 1 x 1',
      'streamlit run ui.py --server.port 80 -- --x 1': 'streamlit | ui.py | 1 x 1',
      'streamlit hello': 'none',
      'serve run --working-dir . pkg.model:app': 'serve | -m pkg.model | 1 x 1',
      'serve deploy config.yaml': 'none',
      'bentoml serve service:svc': 'bentoml | -m service | 1 x 1',
      'bentoml serve iris:latest': 'none',
    }
    for (const [line, expected] of Object.entries(cases)) assert.equal(brief(line), expected, line)
    assert.equal(parse('bash -c "cd api && uvicorn main:app"')!.folder, 'api')
    assert.equal(parse('uvicorn --app-dir src main:app')!.folder, 'src')
    // It parses no arguments, and is no program that runs to an end.
    const { complete, serves } = parse('streamlit run ui.py')!
    assert.deepEqual([complete, serves], [false, true])
  })

  it('finds the script behind every launcher, and counts processes', () => {
    const cases: Record<string, string> = {
      'python train.py --lr 1': 'python | train.py | 1 x 1',
      '/usr/bin/python3.10 -u -W ignore -X dev src/train.py': 'python | src/train.py | 1 x 1',
      'python -um pkg.train --x': 'python | -m pkg.train | 1 x 1',
      './train.py --x 1': 'python | ./train.py | 1 x 1',
      '"$PYTHON" train.py': 'python | train.py | 1 x 1',
      '$CONDA_PREFIX/bin/python train.py': 'python | train.py | 1 x 1',
      'torchrun train.py': 'torchrun | train.py | 1 x 1',
      'torchrun --standalone --nnodes=1 --nproc-per-node 8 train.py --nnodes 3':
        'torchrun | train.py | 8 x 1',
      'torchrun --nproc_per_node=gpu --nnodes 1:4 -m pkg.train': 'torchrun | -m pkg.train | 0 x null',
      'torchrun --nproc_per_node $N train.py': 'torchrun | train.py | null x 1',
      'python -m composer.cli.launcher -n 8 train.py': 'composer | train.py | 8 x 1',
      'torchrun $DISTRIBUTED_ARGS train.py': 'torchrun | train.py | null x null',
      'python -m torch.distributed.launch --use_env --nproc_per_node=4 train.py':
        'torch.distributed.launch | train.py | 4 x 1',
      'python -m torch.distributed.run --nnodes 2 --nproc_per_node 4 -m pkg.train --x':
        'torchrun | -m pkg.train | 4 x 2',
      'python3 -m determined.launch.torch_distributed python3 train.py --x':
        'determined.launch.torch_distributed > python | train.py | 0 x null',
      'python3 -m determined.launch.tensorflow -- python3 train.py':
        'determined.launch.tensorflow > python | train.py | 0 x null',
      'torchx run -s kubernetes -cfg queue=gpu,namespace=ml dist.ddp -j 2x4 --gpu 4 --script src/train.py -- --lr 1':
        'torchrun | src/train.py | 4 x 2',
      'torchx run -s local_cwd dist.ddp -j 1x$GPUS --script train.py': 'torchrun | train.py | null x null',
      'torchx run dist.ddp -m pkg.train -- --x': 'torchrun | -m pkg.train | 2 x 1',
      'torchx run --scheduler slurm dist.spmd -j 2 -h aws_p4d.24xlarge --script=train.py':
        'torchrun | train.py | 0 x 2',
      'uv run torchx run utils.python --gpu 1 -m pkg.train -- --x 2': 'python | -m pkg.train | 1 x 1',
      'torchx run --dryrun dist.ddp --script train.py': 'none',
      'torchx run my/component.py:trainer --script train.py': 'none',
      'torchx status slurm://torchx/1': 'none',
      'accelerate launch train.py': 'accelerate | train.py | null x 1',
      'accelerate launch --multi_gpu --mixed_precision fp16 --num_processes 8 --num_machines 2 train.py':
        'accelerate | train.py | 4 x 2',
      'accelerate launch --config_file ds.yaml --num_processes 8 train.py':
        'accelerate | train.py | null x null',
      'accelerate launch -m axolotl.cli.train config.yml': 'accelerate | -m axolotl.cli.train | null x 1',
      'python -m accelerate.commands.launch --num_processes 2 train.py': 'accelerate | train.py | 2 x 1',
      'deepspeed train.py --deepspeed ds.json': 'deepspeed | train.py | 0 x 1',
      'deepspeed --num_gpus=4 --master_port 29500 --module pkg.train': 'deepspeed | -m pkg.train | 4 x 1',
      'deepspeed --include localhost:0,1,2 train.py': 'deepspeed | train.py | 3 x 1',
      'deepspeed --hostfile hosts train.py': 'deepspeed | train.py | 0 x null',
      'horovodrun -np 8 -H a:4,b:4 python train.py': 'horovodrun > python | train.py | 4 x 2',
      'mpirun -np 4 --allow-run-as-root -x NCCL_DEBUG=INFO --mca btl ^tcp -bind-to none python train.py':
        'mpirun > python | train.py | 4 x 1',
      'srun python train.py': 'srun > python | train.py | null x null',
      'srun -N 2 --ntasks-per-node=8 -l --export=ALL python -u train.py': 'srun > python | train.py | 8 x 2',
      'srun --nodes=2 -n8 python train.py': 'srun > python | train.py | 4 x 2',
      'srun --jobid $SLURM_JOBID torchrun --nnodes 4 --nproc_per_node 8 train.py':
        'srun > torchrun | train.py | 8 x 4',
      'ray job submit --address http://x:8265 --working-dir . -- python train.py':
        'python | train.py | 1 x 1',
      'ray submit --start cluster.yaml train.py --lr 0.1': 'python | train.py | 1 x 1',
      'composer -n 4 train.py conf.yaml': 'composer | train.py | 4 x 1',
      'composer train.py conf.yaml': 'composer | train.py | 0 x 1',
      'lightning run model --strategy ddp --devices 2 train.py': 'lightning run | train.py | 2 x 1',
      'fabric run --devices=auto train.py': 'lightning run | train.py | 0 x 1',
      'axolotl train x.yml': 'axolotl | -m axolotl.cli.train | null x 1',
      'llamafactory-cli train x.yaml': 'llamafactory | -m llamafactory.cli | 0 x 1',
      'tune run --nproc_per_node 2 lora_finetune_distributed --config llama/8B_lora':
        'torchtune | -m torchtune | 2 x 1',
      'yolo detect train data=coco.yaml epochs=100': 'yolo | -m ultralytics | null x 1',
    }
    for (const [source, expected] of Object.entries(cases)) assert.equal(brief(source), expected, source)
  })

  it('takes an image in a variable for the image', () => {
    assert.equal(
      brief('singularity exec --nv $IMAGE torchrun --nproc_per_node=4 train.py'),
      'torchrun | train.py | 4 x 1',
    )
    assert.equal(
      brief('python submit.py --nodes 2 -- accelerate launch --num_processes 8 train.py'),
      'accelerate | train.py | 8 x 1',
    )
    assert.equal(brief('python train.py -- data'), 'python | train.py | 1 x 1')
  })

  it('follows what runs a notebook', () => {
    const cases = {
      'papermill train.ipynb out.ipynb --log-output --cwd work': 'notebook | train.ipynb | 1 x 1',
      'papermill train.ipynb out.ipynb -p lr 0.1': 'none',
      'jupyter nbconvert --to notebook --execute train.ipynb': 'notebook | train.ipynb | 1 x 1',
      'jupyter nbconvert train.ipynb --to html --execute': 'notebook | train.ipynb | 1 x 1',
      'jupyter nbconvert --to html train.ipynb': 'none',
      'jupyter execute train.ipynb': 'notebook | train.ipynb | 1 x 1',
    }
    for (const [source, expected] of Object.entries(cases)) assert.equal(brief(source), expected, source)
  })

  it('looks through wrappers', () => {
    const cases = [
      'nohup python train.py',
      'time python train.py',
      'timeout -k 10 4h python train.py',
      'env -u X A=1 B=2 python train.py',
      'stdbuf -oL python train.py',
      'xvfb-run -a -s "-screen 0" python train.py',
      'nsys profile -o out --trace=cuda,nvtx python train.py',
      'poetry run python train.py',
      'uv run --with torch train.py',
      'pipenv run python train.py',
      'conda run --no-capture-output -n env python train.py',
      'numactl --cpunodebind=0 --membind 0 python train.py',
      'sudo -E -u me python train.py',
      'exec python train.py',
      'taskset -c 0-3 python train.py',
      'nice -n 10 python train.py',
      'singularity exec --nv -B /data:/data image.sif python train.py',
      'apptainer exec --nv image.sif python train.py',
      'singularity exec $BINDS image.sif python train.py',
      'shifter --image=nersc/pytorch:24.08 --env A=1 python train.py',
      'enroot start --rw image python train.py',
      'udocker run --volume=/data image python train.py',
      'ch-run -b /data:/mnt image -- python train.py',
      'gantry run --gpus 8 --workspace lab/x --preemptible -- python train.py',
      'doppler run -- python train.py',
      'dotenv run python train.py',
      'python submit.py --gpus 8 -- python train.py',
      'python submit.py --gpus 8 -- source nodes.sh \\&\\& python train.py',
      'docker run --rm --gpus all -it -v $PWD:/w -w /w pytorch/pytorch:2.5.1 python train.py',
      'docker run --entrypoint python image train.py',
      'docker run --gpus all $IMAGE python train.py',
      'docker run $DOCKER_ARGS pytorch/pytorch python train.py',
      'docker run --name $NAME --rm "$IMAGE_NAME:$TAG" python train.py',
      'sudo podman run --device nvidia.com/gpu=all image python train.py',
      'docker container run --gpus all -itd image python train.py',
      'bash -c "cd src && python train.py"',
      "sh -lc 'source env.sh; python train.py | tee log'",
      'eval "python train.py"',
      'CMD="python train.py --x"; $CMD',
      'python -m cProfile -o out.prof train.py',
      'python -m debugpy --listen 5678 --wait-for-client train.py',
      'coverage run --source=src train.py',
    ]
    for (const source of cases) assert.equal(brief(source), 'python | train.py | 1 x 1', source)
    for (const source of ['uv run --extra gpu -m acme.train --x', 'uv run --isolated --module acme.train'])
      assert.equal(brief(source), 'python | -m acme.train | 1 x 1', source)
    assert.equal(
      brief('docker run --gpus all ${IMAGE} python3 -m acme.train --lr 1'),
      'python | -m acme.train | 1 x 1',
    )
    assert.equal(
      brief('docker run --gpus all image bash -c "torchrun --nproc_per_node 4 train.py"'),
      'torchrun | train.py | 4 x 1',
    )
  })

  it('takes nothing else for a launch', () => {
    for (const source of [
      'python -m pip install torch',
      'python -m pytest tests',
      'python -c "import torch"',
      'python setup.py install',
      'python --version',
      'python',
      'pip install train.py',
      'vim train.py',
      'cat train.py',
      '$EDITOR train.py',
      'accelerate config',
      'ls *.py',
      'srun hostname',
      'bash other.sh',
      'docker run image',
      'docker run $IMAGE',
      'docker run python train.py.txt',
      'docker build -t image .',
      'echo python train.py',
    ]) {
      assert.equal(brief(source), 'none', source)
    }
  })

  it('reads the flags of the script', () => {
    const parts = parse(
      'python train.py data --lr 1e-4 --bf16 --out=x/y --no-amp -b 32 -j4 --beta -0.9 --betas 0.9 0.99 -m trainer.max_epochs=10 +a.b=c ~d=e --name "a b"',
    )!
    assert.deepEqual(values(parts.flags), {
      lr: '1e-4',
      bf16: true,
      out: 'x/y',
      'no-amp': true,
      amp: 'false',
      b: '32',
      j: '4',
      beta: '-0.9',
      betas: '0.9',
      m: true,
      'trainer.max_epochs': '10',
      'a.b': 'c',
      d: 'e',
      name: 'a b',
    })
    assert.deepEqual(
      parts.positionals.map((one) => one.value),
      ['data', '0.99'],
    )
    assert.equal(parts.flags.betas!.more[0]!.value, '0.99')
    assert.equal(parts.complete, true)
    assert.equal(
      flagOf(parse('accelerate launch --mixed-precision bf16 x.py')!.launcherFlags, 'mixed_precision')!.value,
      'bf16',
    )
  })

  it('takes a quoted word of several for a value, as parsers do', () => {
    const parts = parse('python watch.py --params "--interval 500" --output log')!
    assert.deepEqual(values(parts.flags), { params: '--interval 500', output: 'log' })
  })

  it('knows what it cannot read', () => {
    const complete = (source: string) => parse(source)!.complete
    assert.equal(complete('python t.py --lr $LR --out "$OUT" --n $1'), true)
    assert.equal(complete('python t.py "$@"'), false)
    assert.equal(complete('python t.py $ARGS --x'), false)
    assert.equal(complete('python t.py $UNKNOWN'), false)
    assert.equal(complete('python t.py --lr 1 "${ARGS[@]}"'), false)
    assert.equal(complete('ARGS="--a 1"; python t.py $ARGS'), true)
    assert.equal(complete('if x; then F="--fp16"; fi; python t.py --lr 1 $F'), false)
    const parts = parse('python t.py --lr=$LR --fp16 $EXTRA_ARGS --n $N')!
    assert.deepEqual(values(parts.flags), { lr: null, fp16: null, n: null })
    assert.equal(parse('torchrun $A t.py')!.launcherComplete, false)
    assert.equal(parse('torchrun --nnodes 1 t.py')!.launcherComplete, true)
    assert.deepEqual(parse('python $DIR/src/train.py')!.program, { path: '/src/train.py', module: null })
    assert.deepEqual(parse('python $SCRIPT --lr 1')!.program, { path: null, module: null })
  })

  it('reads around unreadable parts of a command in a variable', () => {
    const setup =
      'export LAUNCHER="accelerate launch --num_processes $((SLURM_NNODES * 4)) --mixed_precision bf16"\nCMD="$LAUNCHER $ROOT/train.py --lr=$LR"\n'
    for (const run of ['srun $CMD', 'srun bash -c "$CMD"', 'eval "$CMD"']) {
      const parts = parse(`${setup}${run}`)!
      assert.equal(parts.program.path, '/train.py', run)
      assert.deepEqual(values(parts.launcherFlags), { num_processes: null, mixed_precision: 'bf16' }, run)
      assert.deepEqual(values(parts.flags), { lr: null }, run)
      assert.equal(parts.processes, null, run)
    }
  })

  it('gives the exact ranges of flags and values', () => {
    const source = `srun bash -c "torchrun --nproc_per_node=4 t.py --lr '1e-4' --fp16 --x=2"\n`
    const parts = parse(source)!
    const at = (span: Span | null) => (span === null ? null : source.slice(span.start, span.end))
    assert.equal(at(parts.flags.lr!.span), "--lr '1e-4'")
    assert.equal(at(parts.flags.lr!.valueSpan), "'1e-4'")
    assert.equal(at(parts.flags.lr!.location), "--lr '1e-4'")
    assert.equal(at(parts.flags.fp16!.span), '--fp16')
    assert.equal(parts.flags.fp16!.valueSpan, null)
    assert.equal(at(parts.flags.x!.valueSpan), '2')
    assert.equal(at(parts.launcherFlags.nproc_per_node!.valueSpan), '4')
    assert.equal(at(parts.programSpan), 't.py')
  })

  it('collects environment, files and folder', () => {
    const source = `export A=1
B=2 docker run -e C=3 --env=D=4 image bash -c "cd src; export E=5; F=6 accelerate launch --config_file acc.yaml t.py --deepspeed ds.json --config x.yaml --train_file data.json y.yml"
`
    const parts = parse(source)!
    assert.deepEqual(values(parts.environment), { A: '1', B: '2', C: '3', D: '4', E: '5', F: '6' })
    assert.deepEqual(
      parts.files.map((one) => [one.flag, one.path, source.slice(one.location.start, one.location.end)]),
      [
        ['config-file', 'acc.yaml', '--config_file acc.yaml'],
        ['deepspeed', 'ds.json', 'ds.json'],
        ['config', 'x.yaml', 'x.yaml'],
        ['', 'y.yml', 'y.yml'],
      ],
    )
    assert.equal(parts.folder, 'src')
    const hosts = parse('mpirun -np 2 -x NCCL_DEBUG=INFO python t.py')!
    assert.deepEqual(values(hosts.environment), { NCCL_DEBUG: 'INFO' })
  })

  it('reads words that no shell has seen, as in a manifest', () => {
    const [words] = splitCommands('torchrun --nproc_per_node 2 train.py --lr {{ lr }} --n 1', 10)
    const parts = parseLaunch(words!, [], locate)!
    assert.equal(parts.processes, 2)
    assert.equal(parts.program.path, 'train.py')
  })

  it('survives hostile words', () => {
    for (const text of [
      'python',
      'python '.repeat(100),
      '-',
      'srun -',
      'torchrun --',
      'accelerate launch -m',
      'docker run --entrypoint',
      'env',
      'bash -c',
      `bash -c "${'bash -c '.repeat(50)}"`,
      'python t.py --__proto__ 1 constructor=2 --toString',
      'srun '.repeat(4000),
    ]) {
      for (const words of splitCommands(text, 0)) parseLaunch(words, [], locate)
    }
    const [words] = splitCommands('python t.py --__proto__ 1 --constructor x', 0)
    assert.deepEqual(Object.keys(parseLaunch(words!, [], locate)!.flags), ['__proto__', 'constructor'])
  })
})
