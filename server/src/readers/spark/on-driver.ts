/** Programs that bring their tables to the driver of Spark and train there, in one process. */
import type { Call, PythonModule } from '../../python/module.js'

/** What trains in the process that calls it, by the name of its package; what only splits the table for another comes last. */
const local = new Map([
  ['lightgbm', 'LightGBM'],
  ['xgboost', 'XGBoost'],
  ['catboost', 'CatBoost'],
  ['statsmodels', 'statsmodels'],
  ['prophet', 'Prophet'],
  ['sklearn', 'scikit-learn'],
])
/** What has the workers compute, training included. */
const distributes =
  /\bpyspark\.(ml|mllib|pandas)\b|\b(SparkTrials|applyInPandas|mapInPandas|mapInArrow|mapPartitions|foreachPartition|pandas_udf|cogroup|TorchDistributor|HorovodRunner|register_spark|joblibspark|SparkXGB\w*|RayCluster|setup_ray_cluster)\b|\b(xgboost\.spark|synapse\.ml|mmlspark|sparkdl|spark_sklearn)\b|\.rdd\b/

export interface OnDriver {
  library: string
  /** What brings the table. */
  collected: Call
}

/** Null: it brings nothing, trains nothing there, or has the workers do something beside it. */
export function trainsOnDriver(python: PythonModule): OnDriver | null {
  const collected = python.calls.find(({ method }) => method === 'toPandas')
  if (collected === undefined || distributes.test(python.code)) return null
  const trains = python.calls.some(
    ({ method, expr }) => /^(fit|train|fit_transform)$/.test(method) && expr.start > collected.expr.start,
  )
  const found = [...local].find(([root]) =>
    [...python.imports].some((one) => one === root || one.startsWith(`${root}.`)),
  )
  return trains && found !== undefined ? { library: found[1], collected } : null
}
