"""Scenes that the tests' fake SageMaker and the local cloud's must both play alike."""
