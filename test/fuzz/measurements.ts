/** Files that might be measurements. */
import fc from 'fast-check'

const heads = [
  'timestamp, index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB]',
  '#Entity   GPUTL  FBUSD  SMACT',
  'JobID|JobName|Submit|Start|Elapsed|State|AllocTRES|Restarts',
  'Name,State,Created,Runtime,loss,__proto__',
  'run_id,experiment_id,status,start_time,end_time,metrics.f1',
  '# HELP DCGM_FI_DEV_GPU_UTIL',
]
const cells = [
  '23 %',
  '-5',
  '1e308',
  '1e999',
  'nan',
  '2048 MiB',
  'GPU 0     90     10240  0.5',
  '1',
  '12',
  '12.batch',
  '1-02:00:00',
  '99:99:99',
  'COMPLETED',
  'CANCELLED by 1',
  'gres/gpu:a100=4',
  '2026-11-20T08:00:00',
  '1763629200000',
  '"a ""b""',
  '"',
  'x',
  '',
  'DCGM_FI_DEV_GPU_UTIL{gpu="0",modelName="A"} 40',
  '__proto__',
]

const table = fc
  .tuple(
    fc.constantFrom(...heads),
    fc.constantFrom(',', '|', ' '),
    fc.array(
      fc.array(fc.oneof(fc.constantFrom(...cells), fc.string({ unit: 'binary', maxLength: 6 })), {
        maxLength: 9,
      }),
      { maxLength: 6 },
    ),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([head, separator, rows, newline]) => [head, ...rows.map((row) => row.join(separator))].join(newline))

const event = fc.record(
  {
    ph: fc.constantFrom('X', 'i'),
    cat: fc.constantFrom('kernel', 'cpu_op', 'user_annotation', 'Trace'),
    name: fc.constantFrom('ProfilerStep#1', 'enumerate(DataLoader)#x', 'gemm'),
    ts: fc.oneof(fc.double(), fc.nat(), fc.anything()),
    dur: fc.oneof(fc.double(), fc.nat(), fc.anything()),
    args: fc.anything(),
  },
  { requiredKeys: [] },
)
const json = fc
  .oneof(
    fc.record(
      { traceEvents: fc.array(fc.oneof(event, fc.anything())), deviceProperties: fc.anything() },
      { requiredKeys: ['traceEvents'] },
    ),
    fc.record({
      runs: fc.array(
        fc.oneof(
          fc.record({
            info: fc.record({ run_id: fc.string(), status: fc.anything(), start_time: fc.anything() }),
            data: fc.anything(),
          }),
          fc.anything(),
        ),
      ),
    }),
    fc.record(
      { _runtime: fc.anything(), _wandb: fc.anything(), loss: fc.double() },
      { requiredKeys: ['_runtime'] },
    ),
    fc.anything(),
  )
  .map((value) => {
    try {
      return JSON.stringify(value) ?? ''
    } catch {
      return ''
    }
  })

export const measurement: fc.Arbitrary<string> = fc.oneof(table, json, fc.string({ unit: 'binary' }))
