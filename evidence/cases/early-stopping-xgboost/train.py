import xgboost as xgb
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

x, y = make_classification(n_samples=4000, n_features=30, n_informative=10, flip_y=0.1, random_state=0)
x_rest, x_test, y_rest, y_test = train_test_split(x, y, random_state=0)
x_train, x_valid, y_train, y_valid = train_test_split(x_rest, y_rest, random_state=0)
train = xgb.DMatrix(x_train, label=y_train)
valid = xgb.DMatrix(x_valid, label=y_valid)
params = {"objective": "binary:logistic", "eta": 0.1, "max_depth": 6, "eval_metric": "logloss"}
booster = xgb.train(params, train, num_boost_round=1000, evals=[(valid, "valid")], verbose_eval=False)
metric = accuracy_score(y_test, booster.predict(xgb.DMatrix(x_test)) > 0.5)
