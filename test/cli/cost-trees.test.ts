/** `costlint cost` of boosting and of forests: rounds × rows × columns. */
import assert from 'node:assert/strict'
import { treeHours } from '../../server/src/estimate/tree-hours.js'
import type { TreeWork } from '../../server/src/text/tree-work.js'
import { runHere } from './here.js'

const launch = `from sagemaker.sklearn import SKLearn

SKLearn(entry_point="train.py", role="training", instance_type="ml.m5.4xlarge", framework_version="1.2-1").fit()
`

interface Job {
  hours: { low: number; high: number } | null
  usd: { low: number; high: number } | null
  unknown: string[]
  assumptions: string[]
}

async function job(train: string, files: Record<string, string> = {}): Promise<Job> {
  const all = { 'launch.py': launch, 'train.py': train, ...files }
  const { out } = await runHere(all, ['cost', '--output-format', 'json'])
  return JSON.parse(out).jobs[0]
}

const data = 'from sklearn.datasets import fetch_covtype\nX, y = fetch_covtype(return_X_y=True)\n'

describe('costlint cost of trees', () => {
  it('prices boosting by its rounds, on a table of which rows and columns are known', async () => {
    const boost = (rounds: number) =>
      job(`${data}import xgboost as xgb\nxgb.XGBRegressor(n_estimators=${rounds}, max_depth=8).fit(X, y)\n`)
    const [few, many] = [await boost(1000), await boost(4000)]
    // 581,012 rows × 54 columns × 8 levels × 1,000 rounds on 16 vCPUs: minutes, not hours, and not seconds.
    assert.ok(few.hours!.low > 10 / 3600 && few.hours!.high < 1, JSON.stringify(few.hours))
    // What starts the machine stays the same.
    const start = 60 / 3600
    assert.ok(Math.abs((many.hours!.low - start) / (few.hours!.low - start) - 4) < 0.01)
    assert.ok(few.usd!.high < 1 && few.usd!.low > 0)
  })

  it('takes the table from a file, a fit for each fold, and a forest on one core', async () => {
    const fits = `import lightgbm as lgb
import pandas as pd
from sklearn.model_selection import KFold

table = pd.read_csv("rides.csv")
X, y = table.drop(columns="fare"), table["fare"]
for train, valid in KFold(n_splits=5).split(X):
    lgb.LGBMRegressor(n_estimators=2000).fit(X.iloc[train], y.iloc[train])
`
    const rides = `fare,${Array.from({ length: 20 }, (_, index) => `c${index}`).join(',')}\n${`1${',2'.repeat(20)}\n`.repeat(4000)}`
    const once = fits.replace('n_splits=5', 'n_splits=2')
    const [five, two] = [await job(fits, { 'rides.csv': rides }), await job(once, { 'rides.csv': rides })]
    assert.deepEqual(
      five.assumptions.filter((one) => one.includes('counted')),
      ['4,000 samples, as counted in rides.csv'],
    )
    const start = 60 / 3600
    assert.ok(Math.abs((five.hours!.low - start) / (two.hours!.low - start) - 2.5) < 0.01)
    const forest = (jobs: string) =>
      job(
        `${data}from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier(300${jobs}).fit(X, y)\n`,
      )
    const [one, all] = [await forest(''), await forest(', n_jobs=-1')]
    assert.ok(one.hours!.low > 8 * all.hours!.low, JSON.stringify([one.hours, all.hours]))
  })

  it('multiplies what one fit takes by the fits of a search', async () => {
    const search = `${data}from lightgbm import LGBMRegressor
from sklearn.model_selection import GridSearchCV
GridSearchCV(LGBMRegressor(n_estimators=500), {"num_leaves": [15, 31, 63], "learning_rate": [0.1, 0.3]}, cv=5).fit(X, y)
`
    const { hours, assumptions } = await job(search)
    assert.ok(assumptions.includes('its searches make 30 fits'), JSON.stringify(assumptions))
    assert.ok(hours!.high > 30 * 0.01)
  })

  it('adds up the fits of several searches where it does not know what one takes', async () => {
    const searches = `from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
GridSearchCV(SVC(), {"C": [1, 2, 3, 4, 5, 6], "gamma": [1, 2, 3, 4, 5]}, cv=5).fit(X, y)
GridSearchCV(RandomForestClassifier(), {"max_depth": [1, 2, 3, 4], "n_estimators": [100, 200, 300]}, cv=5).fit(X, y)
`
    assert.deepEqual((await job(searches)).unknown, [
      'how long its trees take: SVC is fitted beside it (its searches make 210 fits)',
    ])
    const alone = searches.replaceAll('RandomForestClassifier', 'NuSVC').replace('ensemble', 'svm')
    assert.deepEqual((await job(alone)).unknown, [
      'how long one fit takes of the 210 fits that train.py searches by',
    ])
  })

  it('says what it cannot read', async () => {
    const unknown = async (train: string) => (await job(train)).unknown
    const boost = 'from xgboost import XGBRegressor\nXGBRegressor(n_estimators=100).fit(X, y)\n'
    assert.deepEqual(await unknown(boost), [
      'how many rows its table has: `samples` of a `[[runs]]` entry would say',
    ])
    const looped = boost.replace('XGBRegressor(n', 'while more():\n    XGBRegressor(n')
    assert.deepEqual(await unknown(data + looped), [
      'how long its trees take: how often it is fitted cannot be read',
    ])
    const asked = `import json\n${data}from xgboost import XGBRegressor\nparams = json.load(open("best.json"))\nXGBRegressor(n_estimators=params["rounds"], max_depth=params["depth"]).fit(X, y)\n`
    assert.deepEqual(
      (await job(asked)).assumptions.filter((one) => /which are not/.test(one)),
      ['50 to 2,000 rounds, which are not read', 'trees of 3 to 12 levels, which are not read'],
    )
    const table = 'import pandas as pd\nX = pd.read_parquet("a.parquet")\n'
    assert.deepEqual(await unknown(table + boost), [
      'how many rows its table has: `samples` of a `[[runs]]` entry would say',
    ])
  })
})

describe('hours of trees', () => {
  const higgs = { rows: { low: 1.05e7, high: 1.05e7 }, columns: { low: 28, high: 28 } }
  const work: TreeWork = {
    rounds: { low: 500, high: 500 },
    levels: { low: 8, high: 8 },
    splits: 'binned',
    columns: 'all',
    perClass: false,
    threads: 'all',
    accelerated: false,
    fits: { low: 1, high: 1 },
    assumed: [],
  }
  const holds = (seconds: number, one: TreeWork, table: typeof higgs, threads: number) => {
    const { low, high } = treeHours(one, table, { low: 2 * threads, high: threads })
    assert.ok(low * 3600 <= seconds && seconds <= high * 3600, `${seconds}: ${low * 3600} to ${high * 3600}`)
  }

  it('hold what LightGBM has published of itself and of XGBoost', () => {
    const yahoo = { rows: { low: 473134, high: 473134 }, columns: { low: 700, high: 700 } }
    const letor = { rows: { low: 2270296, high: 2270296 }, columns: { low: 137, high: 137 } }
    // Source: LightGBM, "Experiments", 2020 and 2017, 16 threads.
    for (const seconds of [130.094, 238.506, 165.575, 551.898]) holds(seconds, work, higgs, 16)
    for (const seconds of [150.186, 265.302]) holds(seconds, work, yahoo, 16)
    for (const seconds of [215.32, 385.201]) holds(seconds, work, letor, 16)
    const exact: TreeWork = { ...work, splits: 'presorted' }
    holds(3794.34, exact, higgs, 16)
    holds(674.322, exact, yahoo, 16)
    holds(1251.27, exact, letor, 16)
  })

  it('hold what scikit-learn 1.4 takes on one core', () => {
    const table = (rows: number, columns: number) => ({
      rows: { low: rows, high: rows },
      columns: { low: columns, high: columns },
    })
    const one: TreeWork = { ...work, threads: 1, rounds: { low: 10, high: 10 }, splits: 'sorted' }
    holds(0.72, { ...one, levels: { low: 3, high: 3 } }, table(20000, 10), 1)
    holds(6.15, { ...one, levels: { low: 3, high: 3 } }, table(50000, 30), 1)
    holds(0.81, { ...one, levels: null, columns: 'root' }, table(20000, 10), 1)
    holds(5.21, { ...one, levels: null, columns: 'root' }, table(50000, 30), 1)
    holds(0.59, { ...one, levels: null, columns: 'root', splits: 'random' }, table(50000, 30), 1)
    const binned: TreeWork = {
      ...work,
      threads: 1,
      rounds: { low: 100, high: 100 },
      levels: { low: Math.log2(31), high: Math.log2(31) },
    }
    holds(0.18, binned, table(20000, 10), 1)
    holds(0.6, binned, table(50000, 30), 1)
  })
})
