"""The only place that speaks to AWS. Imported by `service.py`, `handlers/` and the console.

Each module takes boto3 clients and turns answers into the core's data; `ClientError` stops here.
"""
