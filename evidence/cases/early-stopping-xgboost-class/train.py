from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

x, y = make_classification(n_samples=4000, n_features=30, n_informative=10, flip_y=0.1, random_state=0)
x_rest, x_test, y_rest, y_test = train_test_split(x, y, random_state=0)
x_train, x_valid, y_train, y_valid = train_test_split(x_rest, y_rest, random_state=0)
model = XGBClassifier(n_estimators=1000, learning_rate=0.1, max_depth=6)
model.fit(x_train, y_train, eval_set=[(x_valid, y_valid)], verbose=False)
metric = model.score(x_test, y_test)
