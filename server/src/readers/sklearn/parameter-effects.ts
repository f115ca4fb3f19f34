/**
 * Which parameters of an estimator do something only under a condition, and which one run covers by itself: data, not
 * judgement. Source: the parameter descriptions of scikit-learn 1.5 to 1.8, XGBoost 3.0, LightGBM 4.5.
 */
import type { Json } from '../../text/json.js'
import { isBefore } from '../versions.js'

export interface Condition {
  parameter: string
  /** What decides, with its value by default; undefined: what is left out says nothing. */
  unless: string
  otherwise: Json | undefined
  /** Other names of what decides. */
  aliases?: string[]
  /** Its value by default in older versions of scikit-learn. */
  earlier?: { before: string; value: Json }
  /** Its values for which the parameter is ignored. */
  values: Json[]
}

const row = (parameter: string, unless: string, otherwise: Json | undefined, values: Json[]): Condition => ({
  parameter,
  unless,
  otherwise,
  values,
})

/** Kernels that do not look at these parameters. */
const kernels = (otherwise: Json): Condition[] => [
  row('gamma', 'kernel', otherwise, ['linear', 'cosine']),
  row('degree', 'kernel', otherwise, ['linear', 'cosine', 'rbf', 'laplacian', 'sigmoid', 'chi2']),
  row('coef0', 'kernel', otherwise, ['linear', 'cosine', 'rbf', 'laplacian', 'chi2']),
]

const dart = (parameter: string): Condition => row(parameter, 'booster', 'gbtree', ['gbtree', 'gblinear'])

const drops = (parameter: string): Condition => ({
  ...row(parameter, 'boosting_type', 'gbdt', ['gbdt', 'rf', 'goss']),
  aliases: ['boosting', 'boost'],
})

/** LightGBM draws rows only in every so many rounds, by default in none. */
const bagged = (parameter: string): Condition => ({
  ...row(parameter, 'subsample_freq', 0, [0]),
  aliases: ['bagging_freq', 'boosting_type', 'boosting', 'boost'],
})

const conditions: [RegExp, Condition[]][] = [
  [/^KernelRidge$/, kernels('linear')],
  [/^KernelPCA$/, kernels('linear')],
  [
    /^LGBM\w+$/,
    [...['subsample', 'bagging_fraction'].map(bagged), ...['drop_rate', 'skip_drop', 'max_drop'].map(drops)],
  ],
  [/^XGB\w+$/, ['rate_drop', 'skip_drop', 'one_drop', 'sample_type', 'normalize_type'].map(dart)],
  [
    /^(Nu)?SV[CR]$/,
    [
      row('gamma', 'kernel', 'rbf', ['linear']),
      row('degree', 'kernel', 'rbf', ['linear', 'rbf', 'sigmoid']),
      row('coef0', 'kernel', 'rbf', ['linear', 'rbf']),
    ],
  ],
  [
    /^LogisticRegression$/,
    [
      // From 1.8 on it decides by itself where no penalty is named.
      {
        ...row('l1_ratio', 'penalty', undefined, ['l1', 'l2', 'none', null]),
        earlier: { before: '1.8', value: 'l2' },
      },
      row('C', 'penalty', 'l2', ['none', null]),
      row('intercept_scaling', 'solver', 'lbfgs', ['lbfgs', 'newton-cg', 'newton-cholesky', 'sag', 'saga']),
    ],
  ],
  [
    /^Perceptron$/,
    [row('alpha', 'penalty', null, [null]), row('l1_ratio', 'penalty', null, [null, 'l1', 'l2'])],
  ],
  [
    /^MLP(Classifier|Regressor)$/,
    [
      row('momentum', 'solver', 'adam', ['adam', 'lbfgs']),
      row('nesterovs_momentum', 'solver', 'adam', ['adam', 'lbfgs']),
      row('power_t', 'solver', 'adam', ['adam', 'lbfgs']),
      row('learning_rate', 'solver', 'adam', ['adam', 'lbfgs']),
      row('learning_rate_init', 'solver', 'adam', ['lbfgs']),
      row('beta_1', 'solver', 'adam', ['sgd', 'lbfgs']),
      row('beta_2', 'solver', 'adam', ['sgd', 'lbfgs']),
      row('epsilon', 'solver', 'adam', ['sgd', 'lbfgs']),
      row('batch_size', 'solver', 'adam', ['lbfgs']),
      row('n_iter_no_change', 'solver', 'adam', ['lbfgs']),
      row('max_fun', 'solver', 'adam', ['sgd', 'adam']),
      row('validation_fraction', 'early_stopping', false, [false]),
    ],
  ],
  [/^RandomForest(Classifier|Regressor)$/, [row('max_samples', 'bootstrap', true, [false])]],
  [/^ExtraTrees(Classifier|Regressor)$/, [row('max_samples', 'bootstrap', false, [false])]],
  [
    /^KNeighbors(Classifier|Regressor)$/,
    [
      row('p', 'metric', 'minkowski', [
        'euclidean',
        'manhattan',
        'chebyshev',
        'cosine',
        'cityblock',
        'hamming',
      ]),
    ],
  ],
  [
    /^SGDClassifier$/,
    [
      row('epsilon', 'loss', 'hinge', [
        'hinge',
        'log',
        'log_loss',
        'modified_huber',
        'squared_hinge',
        'perceptron',
      ]),
      row('l1_ratio', 'penalty', 'l2', ['l1', 'l2', null]),
      row('eta0', 'learning_rate', 'optimal', ['optimal']),
      row('power_t', 'learning_rate', 'optimal', ['constant', 'optimal', 'adaptive']),
    ],
  ],
  [
    /^SGDRegressor$/,
    [
      row('epsilon', 'loss', 'squared_error', ['squared_error', 'squared_loss']),
      row('l1_ratio', 'penalty', 'l2', ['l1', 'l2', null]),
      row('power_t', 'learning_rate', 'invscaling', ['constant', 'optimal', 'adaptive']),
    ],
  ],
  [
    /^GradientBoosting(Classifier|Regressor)$/,
    [
      row('alpha', 'loss', 'squared_error', ['squared_error', 'absolute_error', 'ls', 'lad']),
      row('validation_fraction', 'n_iter_no_change', null, [null]),
      row('tol', 'n_iter_no_change', null, [null]),
    ],
  ],
  [
    /^Tfidf(Vectorizer|Transformer)$/,
    [row('smooth_idf', 'use_idf', true, [false]), row('stop_words', 'analyzer', 'word', ['char', 'char_wb'])],
  ],
  [/^CountVectorizer$/, [row('stop_words', 'analyzer', 'word', ['char', 'char_wb'])]],
]

export function conditionsOf(estimator: string): Condition[] {
  return conditions.find(([name]) => name.test(estimator))?.[1] ?? []
}

/** The value that what decides has where it is left out; undefined: that is not known. */
export function defaultOf(
  { otherwise, earlier }: Condition,
  versions: Readonly<Record<string, string>>,
): Json | undefined {
  if (earlier === undefined) return otherwise
  return isBefore({ ...versions }, ['scikit-learn', 'sklearn'], earlier.before) ? earlier.value : otherwise
}

const search = 'it changes how neighbours are found, not which'
const indifferent: [estimator: RegExp, parameter: RegExp, because: string][] = [
  [
    /^(KNeighbors|RadiusNeighbors)(Classifier|Regressor)$|^NearestNeighbors$/,
    /^(algorithm|leaf_size)$/,
    search,
  ],
  [/^(DBSCAN|OPTICS|LocalOutlierFactor)$/, /^(algorithm|leaf_size)$/, search],
  [/^Ridge(Classifier)?$/, /^solver$/, 'all of its solvers find the same weights'],
  [/^(Lasso|ElasticNet)$/, /^(selection|precompute)$/, 'it changes the way to the same weights'],
  [/^(Nu)?SV[CR]$/, /^(shrinking|cache_size)$/, 'it changes the way to the same weights'],
  [/^(RandomForest|ExtraTrees)\w+$|^Bagging\w+$/, /^oob_score$/, 'it only adds a score'],
  [/./, /^(n_jobs|verbose|copy_X|warm_start)$/, 'it changes nothing of what is learnt'],
]

/** Why all values of a parameter lead to the same model; null: they do not. */
export function indifferentTo(estimator: string, parameter: string): string | null {
  return indifferent.find(([name, of]) => name.test(estimator) && of.test(parameter))?.[2] ?? null
}

const nested: [estimator: RegExp, parameter: RegExp, because: string][] = [
  [
    /^(RandomForest|ExtraTrees)(Classifier|Regressor)$/,
    /^n_estimators$/,
    'a forest with more trees is no worse, and holds the smaller ones',
  ],
  [
    /^(GradientBoosting\w+|XGB\w+|LGBM\w+|CatBoost\w+)$/,
    /^(n_estimators|num_boost_round|iterations)$/,
    'early stopping finds the number of rounds in one run',
  ],
  [/^HistGradientBoosting\w+$/, /^max_iter$/, 'early stopping finds the number of rounds in one run'],
  [
    /^(Keras\w+|NeuralNet\w*)$/,
    /^(epochs|nb_epoch|max_epochs|fit__epochs)$/,
    'early stopping finds the number of epochs in one run',
  ],
]

/** Why one run with the largest value covers the others; null where it does not. */
export function coveredBy(estimator: string, parameter: string): string | null {
  return nested.find(([name, of]) => name.test(estimator) && of.test(parameter))?.[2] ?? null
}
