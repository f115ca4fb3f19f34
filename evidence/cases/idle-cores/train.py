from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

x, y = make_classification(n_samples=8000, n_features=40, n_informative=12, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
forest = RandomForestClassifier(n_estimators=300, random_state=0)
forest.fit(x_train, y_train)
metric = forest.score(x_test, y_test)
