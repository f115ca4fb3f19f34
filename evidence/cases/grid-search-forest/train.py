from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, train_test_split

x, y = make_classification(n_samples=2000, n_features=30, n_informative=12, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
grid = {"max_depth": [4, 8, 12, 16, None], "min_samples_leaf": [1, 2, 4, 8], "max_features": ["sqrt", 0.3, 0.5]}
search = GridSearchCV(RandomForestClassifier(n_estimators=40, random_state=0), grid, cv=3)
search.fit(x_train, y_train)
metric = search.score(x_test, y_test)
