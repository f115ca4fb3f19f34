/** Shell, configuration and build files that go on and on, a shape for each thing that is worked out from them. */
import { rep, type Shape } from './shape.js'

const shape =
  (path: string) =>
  (pieces: number, text: Shape['text']): Shape => ({ path, pieces, text })
const shell = shape('a.sh')
const yaml = shape('a.yaml')
const terraform = shape('main.tf')
const make = shape('Makefile')
const docker = shape('Dockerfile')

const job = (name: string, more = '') =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n${more}      containers:\n        - name: a\n          image: a\n          command: [python, train.py]\n          resources: {limits: {nvidia.com/gpu: 4}}\n`

export const launches: Record<string, Shape> = {
  'shell: variables made of each other twice': shell(
    100,
    (n) => `A0=x\n${rep(n, (i) => `A${i + 1}="$A${i}$A${i}"\n`)}python train.py --a $A${n}\n`,
  ),
  'shell: braces in braces': shell(40, (n) => `python train.py ${'{a,'.repeat(n)}b${'}'.repeat(n)}\n`),
  'shell: many braces': shell(60, (n) => `python train.py ${'{a,b}'.repeat(n)}\n`),
  'shell: substitutions in substitutions': {
    ...shell(30, (n) => `python train.py ${'$(echo '.repeat(n)}x${')'.repeat(n)}\n`),
    mostGrowth: 2,
  },
  'shell: sums in sums': shell(
    60,
    (n) => `N=$((${'('.repeat(n)}1${' + 1)'.repeat(n)}))\npython train.py --n $N\n`,
  ),
  'shell: defaults in defaults': shell(
    40,
    (n) => `N=${rep(n, (i) => `\${A${i}:-`)}4${'}'.repeat(n)}\npython train.py --n $N\n`,
  ),
  'shell: functions that call each other': shell(
    80,
    (n) =>
      `${rep(n, (i) => `f${i}() {\n  f${i + 1} $1 $2\n}\n`)}f${n}() {\n  python train.py --lr $1\n}\nf0 1 2\n`,
  ),
  'shell: cases': shell(
    100,
    (n) => `case $1 in\n${rep(n, (i) => `  a${i})\n    N=${i}\n    python train.py --n $N\n    ;;\n`)}esac\n`,
  ),
  'shell: options by hand': shell(
    60,
    (n) =>
      `while [ $# -gt 0 ]; do\n  case $1 in\n${rep(n, (i) => `    --a${i}) A${i}=$2; shift 2 ;;\n`)}  esac\ndone\npython train.py ${rep(n, (i) => `--a${i} $A${i} `)}\n`,
  ),
  'shell: loops in loops': {
    ...shell(
      8,
      (n) => `${rep(n, (i) => `for a${i} in 1 2 3; do\n`)}python train.py --lr $a0\n${'done\n'.repeat(n)}`,
    ),
    mostGrowth: 2,
  },
  'shell: a loop over many': shell(
    150,
    (n) => `for a in ${rep(n, (i) => `${i} `)}; do\n  python train.py --lr $a\ndone\n`,
  ),
  'shell: an array': shell(150, (n) => `A=(${rep(n, (i) => `--a${i} ${i} `)})\npython train.py "\${A[@]}"\n`),
  'shell: an array that grows': shell(
    100,
    (n) => `A=()\n${rep(n, (i) => `A+=(--a${i} ${i})\n`)}python train.py "\${A[@]}"\n`,
  ),
  'shell: a pipeline': shell(100, (n) => `python train.py${' | tee a'.repeat(n)}\n`),
  'shell: one after another on a line': shell(100, (n) => `${'python train.py && '.repeat(n)}true\n`),
  'shell: a long command': shell(150, (n) => `torchrun train.py${rep(n, (i) => ` \\\n  --a${i} ${i}`)}\n`),
  'shell: a long word': shell(150, (n) => `python train.py --a=${rep(n, (i) => `x$A${i}`)}\n`),
  'shell: programs behind programs': shell(80, (n) => `${'env A=1 nohup time '.repeat(n)}python train.py\n`),
  'shell: tests in tests': shell(
    12,
    (n) =>
      `${rep(n, (i) => `if [ -z "$A${i}" ]; then\n`)}python train.py\n${'else\npython other.py\nfi\n'.repeat(n)}`,
  ),
  'shell: heredocs with programs': shell(40, (n) =>
    rep(n, (i) => `python - <<EOF\nimport torch\nx = torch.ones(${i}).cuda()\nEOF\n`),
  ),
  'shell: text in quotes': shell(150, (n) => `bash -c "${'python train.py; '.repeat(n)}"\n`),
  'shell: quotes in quotes': shell(5, (n) => {
    let command = 'python train.py'
    for (let i = 0; i < n; i++) command = `bash -c ${JSON.stringify(command)}`
    return `${command}\n`
  }),
  'directives: PBS': shape('a.pbs')(
    100,
    (n) => `${rep(n, (i) => `#PBS -l select=${i}:ngpus=4\n`)}python train.py\n`,
  ),
  'directives: HTCondor': shape('a.sub')(
    100,
    (n) =>
      `A0 = 1\nexecutable = train.sh\nrequest_gpus = $(A${n})\n${rep(n, (i) => `A${i + 1} = $(A${i})\narguments = $(A${i}) x\nqueue\n`)}`,
  ),
  'Makefile: variables made of each other twice': make(
    60,
    (n) => `A0 = x\n${rep(n, (i) => `A${i + 1} = $(A${i})$(A${i})\n`)}all:\n\tpython train.py $(A${n})\n`,
  ),
  'Makefile: variables that are added to': make(
    100,
    (n) => `F =\n${rep(n, (i) => `F += --a${i} ${i}\n`)}all:\n\tpython train.py $(F)\n`,
  ),
  'Makefile: one target with many lines': make(
    100,
    (n) => `all:\n${rep(n, (i) => `\tpython train.py --lr ${i}\n`)}`,
  ),
  'Makefile: lines that go on': make(100, (n) => `all:\n\tpython train.py${' \\\n\t  --a 1'.repeat(n)}\n`),
  'Dockerfile: stages on stages': docker(
    80,
    (n) =>
      `FROM a AS s0\nENV A=1\n${rep(n, (i) => `FROM s${i} AS s${i + 1}\nENV B${i}=$A\n`)}CMD python train.py $B0\n`,
  ),
  'Dockerfile: variables made of each other twice': docker(
    60,
    (n) => `FROM a\nENV A0=x\n${rep(n, (i) => `ENV A${i + 1}=$A${i}$A${i}\n`)}CMD python train.py $A${n}\n`,
  ),
  'Dockerfile: a long command': docker(
    100,
    (n) => `FROM a\nRUN pip install a${rep(n, (i) => ` \\\n  && pip install b${i}`)}\n`,
  ),
  'YAML: aliases of one anchor': yaml(
    100,
    (n) =>
      `base: &base\n  a: 1\n  b: {c: 2}\n${rep(n, (i) => `j${i}:\n  <<: *base\n  d: ${i}\n`)}${job('a')}`,
  ),
  'YAML: anchors made of anchors': yaml(
    240,
    (n) => `a0: &a0 [1]\n${rep(n, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`)}${job('a')}`,
  ),
  'YAML: merges of merges': yaml(
    60,
    (n) => `a0: &a0\n  x: 1\n${rep(n, (i) => `a${i + 1}: &a${i + 1}\n  <<: *a${i}\n  x: ${i}\n`)}${job('a')}`,
  ),
  'YAML: lists in lists': yaml(60, (n) => `${job('a')}x: ${'['.repeat(n)}1${']'.repeat(n)}\n`),
  'YAML: containers of a pod': yaml(
    60,
    (n) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n${rep(n, (i) => `    - name: c${i}\n      image: a\n      command: [python, t${i}.py]\n      resources: {limits: {nvidia.com/gpu: 1}}\n`)}`,
  ),
  'YAML: variables of a container': yaml(
    100,
    (n) =>
      `${job('a')}          env:\n${rep(n, (i) => `            - {name: A${i}, value: "$(A${i - 1})"}\n`)}`,
  ),
  'YAML: a program in a string': yaml(
    60,
    (n) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a\n      command: [bash, -c]\n      args:\n        - |\n${rep(n, (i) => `          python train.py --lr ${i}\n`)}`,
  ),
  'YAML: settings of a training': shape('config.yaml')(
    100,
    (n) =>
      `base_model: meta-llama/Llama-2-7b\ndatasets:\n${rep(n, (i) => `  - path: d${i}\n    type: alpaca\n`)}micro_batch_size: 1\nnum_epochs: 3\n`,
  ),
  'YAML: a sweep': shape('sweep.yaml')(
    100,
    (n) => `program: train.py\nmethod: grid\nparameters:\n${rep(n, (i) => `  a${i}:\n    values: [1, 2]\n`)}`,
  ),
  'YAML: a matrix': shape('.github/workflows/a.yml')(
    100,
    (n) =>
      `on: push\njobs:\n  a:\n    runs-on: [self-hosted, gpu]\n    strategy:\n      matrix:\n        lr: [${rep(n, (i) => `${i}, `)}]\n    steps:\n      - run: python train.py --lr \${{ matrix.lr }}\n`,
  ),
  'YAML: steps that need each other': shape('.github/workflows/a.yml')(
    60,
    (n) =>
      `on: push\njobs:\n  j0:\n    runs-on: gpu\n    steps: [{run: python train.py}]\n${rep(n, (i) => `  j${i + 1}:\n    needs: [j${i}]\n    runs-on: gpu\n    steps: [{run: python train.py}]\n`)}`,
  ),
  'Helm: conditions': shape('templates/a.yaml')(
    60,
    (n) => `${job('a')}${rep(n, (i) => `{{- if .Values.a${i} }}\n---\n${job(`b${i}`)}{{- end }}\n`)}`,
  ),
  'Helm: values in lines': shape('templates/a.yaml')(
    80,
    (n) =>
      `${job('a')}          env:\n${rep(n, (i) => `            - {name: A${i}, value: {{ .Values.a.b${i} | default "x" | quote }}}\n`)}`,
  ),
  'Jinja: blocks in a job': shape('job.yaml.j2')(
    60,
    (n) =>
      `${job('a')}          env:\n${rep(n, (i) => `{% if a${i} %}\n            - {name: A${i}, value: "{{ a${i} }}"}\n{% endif %}\n`)}`,
  ),
  'Jinja: blocks in a script': shell(80, (n) =>
    rep(n, (i) => `{% if a${i} %}\npython train.py --lr {{ lr${i} }}\n{% endif %}\n`),
  ),
  'HCL: locals made of each other twice': terraform(
    60,
    (n) =>
      `locals {\n  a0 = "p4d"\n${rep(n, (i) => `  a${i + 1} = "\${local.a${i}}\${local.a${i}}"\n`)}}\nresource "aws_instance" "a" {\n  instance_type = local.a${n}\n}\n`,
  ),
  'HCL: merged maps': terraform(
    60,
    (n) =>
      `locals {\n  a0 = { t = "p4d.24xlarge" }\n${rep(n, (i) => `  a${i + 1} = merge(local.a${i}, { x = ${i} })\n`)}}\nresource "aws_instance" "a" {\n  instance_type = local.a${n}.t\n}\n`,
  ),
  'HCL: conditions in conditions': terraform(
    40,
    (n) =>
      `resource "aws_instance" "a" {\n  instance_type = ${rep(n, (i) => `var.a${i} ? "p4d.24xlarge" : `)}"g5.xlarge"\n}\n`,
  ),
  'HCL: blocks in blocks': terraform(
    40,
    (n) =>
      `resource "aws_instance" "a" {\n  instance_type = "p4d.24xlarge"\n${'b {\n'.repeat(n)}${'}\n'.repeat(n)}}\n`,
  ),
  'HCL: many of one block': terraform(
    80,
    (n) =>
      `resource "aws_instance" "a" {\n  instance_type = "p4d.24xlarge"\n${rep(n, (i) => `  ebs_block_device {\n    volume_size = ${i}\n  }\n`)}}\n`,
  ),
  'HCL: a pool for each': terraform(60, (n) =>
    rep(
      n,
      (i) =>
        `resource "google_container_node_pool" "p${i}" {\n  cluster = google_container_cluster.c.name\n  autoscaling {\n    min_node_count = 1\n    max_node_count = 4\n  }\n  node_config {\n    machine_type = "a2-highgpu-1g"\n  }\n}\n`,
    ),
  ),
  'CloudFormation: resources that name each other': shape('template.yaml')(
    60,
    (n) =>
      `AWSTemplateFormatVersion: "2010-09-09"\nResources:\n${rep(n, (i) => `  R${i}:\n    Type: AWS::EC2::Instance\n    DependsOn: R${i + 1}\n    Properties:\n      InstanceType: !Ref T\n      ImageId: !Sub "\${R${i + 1}}"\n`)}`,
  ),
  'JSON: objects in objects': shape('ds_config.json')(
    60,
    (n) =>
      `{"train_batch_size": 8, "zero_optimization": {"stage": 2}, "x": ${'{"a": '.repeat(n)}1${'}'.repeat(n)}}`,
  ),
  'JSON: tasks of a job': shape('job.json')(60, (n) =>
    JSON.stringify({
      name: 'a',
      job_clusters: [{ job_cluster_key: 'c', new_cluster: { node_type_id: 'g5.12xlarge', num_workers: 4 } }],
      tasks: Array.from({ length: n }, (_, i) => ({
        task_key: `t${i}`,
        job_cluster_key: 'c',
        depends_on: i === 0 ? [] : [{ task_key: `t${i - 1}` }],
        spark_python_task: { python_file: `t${i}.py` },
      })),
    }),
  ),
  'JSON: states of a machine': shape('machine.json')(60, (n) =>
    JSON.stringify({
      StartAt: 's0',
      States: Object.fromEntries(
        Array.from({ length: n }, (_, i) => [
          `s${i}`,
          {
            Type: 'Task',
            Resource: 'arn:aws:states:::sagemaker:createTrainingJob.sync',
            Parameters: { ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 1 } },
            Next: `s${i + 1}`,
          },
        ]),
      ),
    }),
  ),
  'INI: sections': shape('setup.cfg')(80, (n) => rep(n, (i) => `[a${i}]\nx = \${a${i - 1}:x}\n`)),
  'costlint.toml: what is suppressed': shape('costlint.toml')(80, (n) =>
    rep(n, (i) => `[[suppress]]\npath = "a${i}/*.py"\nrule = "search/grid-search"\nreason = "x"\n`),
  ),
}
