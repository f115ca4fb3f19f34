/**
 * Which parameters of an estimator do something only under a condition, and which one run covers by itself: data, not
 * judgement. Source: the parameter descriptions of scikit-learn 1.5, XGBoost 3.0, LightGBM 4.5.
 */
import type { Json } from '../../text/json.js'

export interface Condition {
  parameter: string
  /** What decides, with its value by default. */
  unless: string
  otherwise: Json
  /** Its values for which the parameter is ignored. */
  values: Json[]
}

const row = (parameter: string, unless: string, otherwise: Json, values: Json[]): Condition => ({
  parameter,
  unless,
  otherwise,
  values,
})

const conditions: [RegExp, Condition[]][] = [
  [
    /^(Nu)?SV[CR]$/,
    [
      row('gamma', 'kernel', 'rbf', ['linear']),
      row('degree', 'kernel', 'rbf', ['linear', 'rbf', 'sigmoid']),
      row('coef0', 'kernel', 'rbf', ['linear', 'rbf']),
    ],
  ],
  [/^LogisticRegression$/, [row('l1_ratio', 'penalty', 'l2', ['l1', 'l2', 'none', null])]],
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
    /^GradientBoostingRegressor$/,
    [row('alpha', 'loss', 'squared_error', ['squared_error', 'absolute_error', 'ls', 'lad'])],
  ],
]

export function conditionsOf(estimator: string): Condition[] {
  return conditions.find(([name]) => name.test(estimator))?.[1] ?? []
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
