"""`import keras` does not load what few programs use; who uses it finds it."""

HEAVY = ("sklearn", "scipy.stats", "matplotlib")


def test_scikit_learn_and_matplotlib_wait_until_they_are_used(installed, run_python):
    ended = run_python(
        f"""
        import importlib.util, sys
        import keras

        for name in {HEAVY}:
            assert importlib.util.find_spec(name.partition(".")[0]), "not installed: proves nothing"
            assert name not in sys.modules, name
        assert "SKLearnClassifier" in dir(keras.wrappers)
        assert "sklearn" in sys.modules and "matplotlib" not in sys.modules
        assert callable(keras.visualization.plot_image_gallery)
        assert "matplotlib" in sys.modules
        """,
        python=installed,
        KERAS_BACKEND="edu",
    )
    assert ended.status == 0, ended.errors


def test_every_way_to_name_them_leads_there(installed, run_python):
    ended = run_python(
        """
        import pickle
        from keras.wrappers import SKLearnRegressor
        from keras.visualization import draw_bounding_boxes
        from keras.src.visualization.plot_image_gallery import plot_image_gallery
        import keras.wrappers as wrappers
        from keras._tf_keras.keras.wrappers import SKLearnRegressor as also
        import keras

        assert keras.wrappers is wrappers
        assert wrappers.SKLearnRegressor is SKLearnRegressor is also
        assert keras.visualization.plot_image_gallery is plot_image_gallery
        assert pickle.loads(pickle.dumps(SKLearnRegressor)) is SKLearnRegressor
        """,
        python=installed,
        KERAS_BACKEND="edu",
    )
    assert ended.status == 0, ended.errors
