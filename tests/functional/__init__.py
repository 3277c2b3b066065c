"""Tests of the service and of the adapters to AWS, on fakes and on moto."""
