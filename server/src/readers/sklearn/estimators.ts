/** What estimators and transformers cost, by class name: data, not judgement. Source: scikit-learn's user guide. */

/** Closed form, a path of solutions, counting, or a look-up: a fit takes next to nothing. */
export const cheapEstimators =
  /^(GaussianNB|MultinomialNB|BernoulliNB|ComplementNB|CategoricalNB|LinearRegression|Ridge|RidgeClassifier|Lasso|ElasticNet|Lars|LassoLars|KNeighbors\w+|NearestCentroid|Dummy\w+|LinearDiscriminantAnalysis)$/

/** A linear model that goes over the table a few times, or one tree: a fit takes seconds on most tables. */
export const quickEstimators =
  /^(LogisticRegression(CV)?|SGD(Classifier|Regressor)|LinearSV[CR]|Perceptron|PassiveAggressive\w+|Huber\w+|Poisson\w+|DecisionTree\w+|ExtraTree(Classifier|Regressor))$/

/** Boosted ensembles, kernel machines, neural networks and their wrappers: a fit takes minutes and more. */
export const dearEstimators =
  /^(GradientBoosting\w+|HistGradientBoosting\w+|AdaBoost\w+|XGB\w+|LGBM\w+|CatBoost\w*|SVC|NuSVC|SVR|NuSVR|MLP\w+|GaussianProcess\w+|Keras\w+|NeuralNet\w*|TabNet\w+|StackingClassifier|StackingRegressor)$/

/** Estimators that fit another one, given first or under one of these keywords. */
export const wrappers =
  /^(OneVsRestClassifier|OneVsOneClassifier|OutputCodeClassifier|MultiOutputClassifier|MultiOutputRegressor|ClassifierChain|RegressorChain|TransformedTargetRegressor|CalibratedClassifierCV|BaggingClassifier|BaggingRegressor)$/
export const wrapped = ['estimator', 'base_estimator', 'regressor']

/** Transformers whose fit reads all the data and does real work on it. */
export const costlyTransformers =
  /^(\w*Vectorizer|TfidfTransformer|PolynomialFeatures|SplineTransformer|\w*PCA|TruncatedSVD|FastICA|NMF|MiniBatchNMF|DictionaryLearning|FactorAnalysis|LatentDirichletAllocation|Isomap|TSNE|UMAP|Nystroem|RBFSampler|SelectKBest|SelectPercentile|SelectFromModel|RFE|RFECV|SequentialFeatureSelector|KNNImputer|IterativeImputer|KMeans|MiniBatchKMeans|FeatureAgglomeration|SMOTE\w*|ADASYN)$/
