/** Files as people have them, and files that somebody made to do harm. */
import assert from 'node:assert/strict'
import { readMeasurements } from '../../server/src/measured/read.js'
import { readStore, writtenStore } from '../../server/src/measured/store.js'

const one = (file: string, text: string) => {
  const records = readMeasurements(file, text)
  assert.equal(records.length, 1)
  return records[0]!
}
const near = (value: number | null, expected: number) =>
  assert.ok(value !== null && Math.abs(value - expected) < 1e-6, `${value} is not ${expected}`)

describe('measurements', () => {
  it('of nvidia-smi: mean utilisation, peak memory, model and number of cards', () => {
    const text = `timestamp, index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB]
2026/11/20 10:00:00.123, 0, NVIDIA A100-SXM4-40GB, 20 %, 2048 MiB, 40960 MiB
2026/11/20 10:00:00.123, 1, NVIDIA A100-SXM4-40GB, 30 %, 8192 MiB, 40960 MiB
2026/11/20 10:00:05.123, 0, NVIDIA A100-SXM4-40GB, [N/A], [N/A], 40960 MiB
`
    const record = one('smi.csv', text)
    near(record.utilization, 0.25)
    assert.deepEqual(record.memory, { used: 8, total: 40 })
    assert.deepEqual(record.gpu, { model: 'NVIDIA A100-SXM4-40GB', count: 2 })
    assert.equal(record.started, '2026-11-20T10:00:00')
    near(one('a.csv', 'utilization.gpu [%], memory.used [MiB]\r\n50, 1024\r\n').utilization, 0.5)
  })

  it('of DCGM: what dmon prints, and what its exporter serves', () => {
    const dmon = `#Entity   GPUTL  FBUSD  FBTTL
ID
GPU 0     90     10240  20480
GPU 1     70     5120   20480
`
    near(one('dmon.txt', dmon).utilization, 0.8)
    assert.deepEqual(one('dmon.txt', dmon).memory, { used: 10, total: 20 })
    const active = '#Entity   SMACT\nID\nGPU 0     0.25\n'
    near(one('dmon.txt', active).utilization, 0.25)
    const exporter = `# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",modelName="NVIDIA H100"} 40
DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1",modelName="NVIDIA H100"} 1024
`
    const record = one('metrics.txt', exporter)
    near(record.utilization, 0.4)
    assert.deepEqual(record.gpu, { model: 'NVIDIA H100', count: 1 })
  })

  it('of sacct: hours, state, queue, restarts; steps belong to their job', () => {
    const text = `JobID|JobName|Submit|Start|Elapsed|State|AllocTRES|Restarts
12|bert|2026-11-20T08:00:00|2026-11-20T08:30:00|1-02:00:00|COMPLETED|cpu=8,gres/gpu:a100=4,gres/gpu=4|1
12.batch|batch|2026-11-20T08:30:00|2026-11-20T08:30:00|1-02:00:00|COMPLETED|cpu=8|0
13|bert|2026-11-21T08:00:00|Unknown|00:10:00|CANCELLED by 1000||0
`
    const [first, second, ...rest] = readMeasurements('sacct.txt', text)
    assert.equal(rest.length, 0)
    near(first!.hours, 26)
    near(first!.queueHours, 0.5)
    assert.deepEqual([first!.state, first!.retries, first!.gpu], ['finished', 1, { model: 'a100', count: 4 }])
    assert.deepEqual([second!.state, second!.queueHours, second!.of], ['failed', null, ['bert']])
  })

  it('of W&B: the table of runs, and the summary of one', () => {
    const text = `"Name","State","Created","Runtime","lr","val/accuracy","system.gpu.0.gpu"
"brave, ""lion""-1","finished","2026-11-20T08:00:00.000Z","7200","0.001","0.91","37"
`
    const record = one('runs.csv', text)
    assert.equal(record.name, 'brave, "lion"-1')
    near(record.hours, 2)
    near(record.utilization, 0.37)
    assert.deepEqual(record.metrics, { lr: 0.001, 'val/accuracy': 0.91 })
    const summary = one(
      'wandb-summary.json',
      '{"_runtime": 3600, "_timestamp": 1763629200, "loss": 0.5, "_step": 9}',
    )
    near(summary.hours, 1)
    assert.deepEqual(summary.metrics, { loss: 0.5 })
  })

  it('of MLflow: the table, and what its interface answers', () => {
    const text = `run_id,experiment_id,status,start_time,end_time,metrics.f1,params.lr,tags.mlflow.source.name,tags.mlflow.runName
ab12,1,FINISHED,2026-11-20 08:00:00+00:00,2026-11-20 09:30:00+00:00,0.8,0.1,train.py,first
`
    const record = one('runs.csv', text)
    near(record.hours, 1.5)
    assert.deepEqual([record.name, record.of, record.metrics], ['first', ['train.py'], { f1: 0.8 }])
    const json = {
      runs: [
        {
          info: {
            run_id: 'x',
            run_name: 'second',
            status: 'FAILED',
            start_time: 1763629200000,
            end_time: 1763632800000,
          },
          data: {
            metrics: [
              { key: 'f1', value: 0.7 },
              { key: 'system/gpu_0_utilization_percentage', value: 55 },
            ],
            tags: [],
          },
        },
      ],
    }
    const answer = one('runs.json', JSON.stringify(json))
    near(answer.hours, 1)
    near(answer.utilization, 0.55)
    assert.deepEqual([answer.state, answer.metrics], ['failed', { f1: 0.7 }])
  })

  it('of the PyTorch profiler: how busy the card was between the first step and the last, and the waits', () => {
    const event = (cat: string, name: string, ts: number, dur: number) => ({
      ph: 'X',
      cat,
      name,
      ts,
      dur,
      args: { device: 0 },
    })
    const trace = {
      deviceProperties: [{ name: 'NVIDIA A10G' }],
      traceEvents: [
        event('kernel', 'warm-up', 0, 100),
        event('user_annotation', 'ProfilerStep#3', 100, 50),
        event('user_annotation', 'ProfilerStep#4', 150, 50),
        event('user_annotation', 'enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__', 100, 40),
        event('kernel', 'gemm', 140, 30),
        event('kernel', 'gemm on another stream', 150, 20),
        { ph: 'i', name: 'a mark' },
      ],
    }
    const record = one('trace.json', JSON.stringify(trace))
    near(record.utilization, 0.3)
    near(record.waiting, 0.4)
    assert.equal(record.gpu?.model, 'NVIDIA A10G')
  })

  it('refuses what is none of these, and says what it reads', () => {
    assert.throws(
      () => readMeasurements('x.txt', 'hello\nworld\n'),
      /none of these: a trace of the PyTorch profiler/,
    )
    assert.throws(() => readMeasurements('x.json', '{"a": 1}'), /none of these/)
    assert.throws(() => readMeasurements('x.json', '{"traceEvents": ['), /no JSON/)
    assert.throws(() => readMeasurements('x.json', '{"traceEvents": []}'), /no measurement/)
    assert.throws(() => readMeasurements('x.csv', ''), /none of these/)
  })

  it('takes nothing from hostile files that is no measurement', () => {
    const trace =
      '{"traceEvents": [null, 1, {"ph":"X","cat":"kernel","name":"k","ts":1e308,"dur":1e308}, {"ph":"X","cat":"kernel","name":{},"ts":1,"dur":1}]}'
    assert.throws(() => readMeasurements('t.json', trace), /no measurement/)
    const odd = {
      info: { run_id: 'a', status: {}, start_time: { toString: 0 } },
      data: { metrics: [{ key: 'x', value: { valueOf: 0 } }] },
    }
    assert.equal(one('runs.json', JSON.stringify({ runs: [odd] })).hours, null)
    const smi = 'utilization.gpu [%]\n-5 %\n1e308 %\n250 %\n'
    assert.throws(() => readMeasurements('s.csv', smi), /no measurement/)
    const wandb = readMeasurements('w.csv', 'Name,State,__proto__,constructor,Runtime\nx,finished,1,2,-5\n')
    assert.deepEqual(Object.entries(wandb[0]!.metrics), [
      ['__proto__', 1],
      ['constructor', 2],
    ])
    assert.equal(wandb[0]!.hours, null)
    const wide = `Name,State,${Array.from({ length: 5000 }, (_, index) => `m${index}`).join()}\nx,finished,${'1,'.repeat(5000)}\n`
    assert.equal(Object.keys(one('w.csv', wide).metrics).length, 200)
  })

  it('are kept as they are, and read back without trust', () => {
    const records = readMeasurements('w.csv', 'Name,State,loss,Runtime\na,finished,1,60\nb,crashed,2,60\n')
    assert.deepEqual(readStore(writtenStore(records)), records)
    assert.throws(() => readStore('[]'), /no run evidence/)
    assert.throws(() => readStore('{'), /no JSON/)
    const odd = {
      version: 1,
      runs: [
        null,
        {},
        { id: 'a', source: 'made up' },
        { id: 'b', source: 'sacct', hours: -1, utilization: 7, of: 'x' },
      ],
    }
    const [only, ...rest] = readStore(JSON.stringify(odd))
    assert.equal(rest.length, 0)
    assert.deepEqual([only!.id, only!.hours, only!.utilization, only!.of], ['b', null, null, []])
  })
})
