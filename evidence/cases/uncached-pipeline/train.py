from sklearn.datasets import load_digits
from sklearn.decomposition import KernelPCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
pipeline = Pipeline([("features", KernelPCA(n_components=60, kernel="rbf", gamma=1e-3, eigen_solver="dense")), ("model", LogisticRegression(max_iter=500))])
search = GridSearchCV(pipeline, {"model__C": [0.001, 0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(x_train, y_train)
metric = search.score(x_test, y_test)
