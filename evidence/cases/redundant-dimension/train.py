from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.svm import SVC

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
grid = {"kernel": ["linear", "rbf"], "C": [0.1, 1, 10, 100], "gamma": [1e-4, 1e-3, 1e-2, 1e-1]}
search = GridSearchCV(SVC(), grid, cv=5)
search.fit(x_train, y_train)
metric = search.score(x_test, y_test)
