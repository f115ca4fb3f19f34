from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

x, y = make_classification(n_samples=1500, n_features=20, n_informative=8, flip_y=0.1, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
model = GradientBoostingClassifier(n_estimators=600, random_state=0)
model.fit(x_train, y_train)
metric = model.score(x_test, y_test)
