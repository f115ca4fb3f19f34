from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

x, y = make_classification(n_samples=4000, n_features=20, n_informative=8, flip_y=0.1, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
model = HistGradientBoostingClassifier(max_iter=600, early_stopping=False, random_state=0)
model.fit(x_train, y_train)
metric = model.score(x_test, y_test)
